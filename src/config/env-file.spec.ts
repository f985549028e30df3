import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigError } from './config-error.js';
import { loadEnvFile } from './env-file.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'presence-env-'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe('loadEnvFile', () => {
  it('adds the values of the file, and the environment overrides them', async () => {
    const file = join(folder, '.env');
    await writeFile(file, 'PRESENCE_SPEC_A=file\nPRESENCE_SPEC_B=file\n');
    vi.stubEnv('PRESENCE_SPEC_A', undefined);
    vi.stubEnv('PRESENCE_SPEC_B', 'environment');

    loadEnvFile(file);

    expect(process.env.PRESENCE_SPEC_A).toBe('file');
    expect(process.env.PRESENCE_SPEC_B).toBe('environment');
  });

  it('reads a file with a byte order mark and line ends as on Windows', async () => {
    const file = join(folder, '.env');
    await writeFile(file, '\uFEFFPRESENCE_SPEC_A=one\r\nPRESENCE_SPEC_B="two"\r\n');
    vi.stubEnv('PRESENCE_SPEC_A', undefined);
    vi.stubEnv('PRESENCE_SPEC_B', undefined);
    loadEnvFile(file);
    expect(process.env.PRESENCE_SPEC_A).toBe('one');
    expect(process.env.PRESENCE_SPEC_B).toBe('two');
  });

  it('leaves a variable that the environment sets to nothing', async () => {
    const file = join(folder, '.env');
    await writeFile(file, 'PRESENCE_SPEC_A=file\n');
    vi.stubEnv('PRESENCE_SPEC_A', '');
    loadEnvFile(file);
    expect(process.env.PRESENCE_SPEC_A).toBe('');
  });

  it('does without a file', () => {
    expect(() => loadEnvFile(join(folder, '.env'))).not.toThrow();
  });

  it('reports a file that cannot be read', () => {
    expect(() => loadEnvFile(folder)).toThrow(ConfigError);
  });
});
