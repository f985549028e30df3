import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const SCRIPT = resolve('scripts/repository.mjs');
const FILES = [
  'package.json',
  'client/package.json',
  'nestjs/package.json',
  'clients/python/pyproject.toml',
  'deploy/helm/Chart.yaml',
  'Dockerfile',
];
const FORK = 'https://github.com/acme/presence';

describe('The address of the repository', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'presence-repository-'));
    for (const file of FILES) cpSync(file, join(folder, file));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (...args: string[]) =>
    execFileSync(process.execPath, [SCRIPT, ...args], { cwd: folder, stdio: 'pipe' });
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');

  it('is set in all packages, the chart and the image by one command', () => {
    expect(() => run('--check', FORK)).toThrow('package.json names https://git.example.com/');
    run(FORK);
    run('--check', FORK);
    for (const [name, directory] of [['.'], ['client', 'client'], ['nestjs', 'nestjs']] as const) {
      const { repository } = JSON.parse(read(`${name}/package.json`)) as { repository: object };
      const url = `git+${FORK}.git`;
      expect(repository).toEqual({ type: 'git', url, ...(directory && { directory }) });
    }
    expect(parse(read('deploy/helm/Chart.yaml'))).toMatchObject({ sources: [FORK] });
    expect(read('clients/python/pyproject.toml')).toContain(`\nRepository = "${FORK}"\n`);
    expect(read('Dockerfile')).toContain(`LABEL org.opencontainers.image.source="${FORK}" `);
    for (const file of FILES) expect(read(file)).not.toContain('git.example.com');
  });

  it.each(['github.com/acme/presence', `${FORK}.git`, `${FORK}/`, ''])('is not %j', (address) => {
    expect(() => run(address)).toThrow('Usage');
  });
});
