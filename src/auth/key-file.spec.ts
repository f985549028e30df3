import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { captureLines } from '../../test/support/captured-log.js';
import { ManualClock } from '../../test/support/manual-clock.js';
import { MountedFiles } from '../../test/support/mounted-files.js';
import { ConfigError } from '../config/config-error.js';
import { createVerificationKeys } from './create-verification-keys.js';
import { InvalidToken } from './invalid-token.js';
import { KeyFile } from './key-file.js';
import { signToken } from './sign-token.js';
import { TokenVerifier } from './token-verifier.js';

const OLD = 'the-old-secret-of-these-tests-32-bytes';
const NEW = 'the-new-secret-of-these-tests-32-bytes';

let folder: string;
let path: string;
let keys: KeyFile;
let clock: ManualClock;
let verifier: TokenVerifier;
let warnings: readonly string[];
let lines: readonly string[];

beforeEach(async () => {
  ({ warnings, lines } = captureLines());
  folder = await mkdtemp(join(tmpdir(), 'presence-secret-'));
  path = join(folder, 'secret');
  await writeFile(path, `${OLD}\n`);
  await open();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

async function open(): Promise<void> {
  keys = (await createVerificationKeys({ secretFile: path })) as KeyFile;
  keys.onModuleInit();
  clock = new ManualClock(Date.now());
  verifier = new TokenVerifier(keys, {}, clock);
}

/** Whether a new token of this secret is accepted. Each token has another user, so that none is in the cache. */
let users = 0;
async function accepts(key: string): Promise<boolean> {
  const token = await signToken({ key, userId: `user ${users++}`, ttlSeconds: 3600 });
  return verifier.verify(token).then(
    () => true,
    (error: unknown) => {
      expect(error).toBeInstanceOf(InvalidToken);
      return false;
    },
  );
}

describe('a file with secrets', () => {
  it('is read without the line break at its end', async () => {
    expect(await accepts(OLD)).toBe(true);
    expect(await accepts(NEW)).toBe(false);
    expect(lines).toEqual(['Tokens are verified with 1 key from AUTH_JWT_SECRET_FILE.']);
  });

  it('rotates: tokens of both secrets are valid, then only those of the new one', async () => {
    await writeFile(path, `${OLD}\n${NEW}\n`);
    await keys.reload();
    expect([await accepts(OLD), await accepts(NEW)]).toEqual([true, true]);
    await writeFile(path, NEW);
    await keys.reload();
    expect([await accepts(OLD), await accepts(NEW)]).toEqual([false, true]);
    expect(lines.slice(1)).toEqual([
      'Tokens are now verified with 2 keys from AUTH_JWT_SECRET_FILE.',
      'Tokens are now verified with 1 key from AUTH_JWT_SECRET_FILE.',
    ]);
    expect(warnings).toEqual([]);
  });

  it('keeps a cached token of a withdrawn secret valid for 30 seconds at most', async () => {
    const token = await signToken({ key: OLD, userId: 'alice', ttlSeconds: 3600 });
    await verifier.verify(token);
    await writeFile(path, NEW);
    await keys.reload();
    clock.advance(29_999);
    expect(await verifier.verify(token)).toMatchObject({ userId: 'alice' });
    clock.advance(1);
    await expect(verifier.verify(token)).rejects.toThrow(InvalidToken);
  });

  it('is read again behind a symbolic link that is replaced, as Kubernetes does', async () => {
    const mounted = new MountedFiles(folder);
    await mounted.write({ secret: OLD });
    await open();
    await mounted.write({ secret: NEW });
    await keys.reload();
    expect([await accepts(OLD), await accepts(NEW)]).toEqual([false, true]);
  });

  it.each<[string, () => Promise<void>, string]>([
    ['missing', () => rm(path), 'which cannot be read (ENOENT)'],
    ['empty', () => writeFile(path, ''), 'which must hold 1 to 8 secrets'],
    ['too short', () => writeFile(path, 'hunter2'), 'which must hold 1 to 8 secrets'],
  ])('keeps the last keys while it is %s, and warns once', async (_, spoil, reason) => {
    await spoil();
    for (let i = 0; i < 4; i++) await keys.reload();
    expect(await accepts(OLD)).toBe(true);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`AUTH_JWT_SECRET_FILE names ${path}, ${reason}`);
    expect(warnings[0]).toMatch(/\. The previous keys stay valid\.$/);
    await writeFile(path, NEW);
    await keys.reload();
    expect(await accepts(NEW)).toBe(true);
    for (const text of [...warnings, ...lines]) {
      for (const secret of [OLD, NEW, 'hunter2']) expect(text).not.toContain(secret);
    }
  });

  it('is rejected at the start if it holds no secret, without its content', async () => {
    await writeFile(path, `${OLD} hunter2`);
    const attempt = createVerificationKeys({ secretFile: path });
    await expect(attempt).rejects.toThrow(ConfigError);
    await expect(attempt).rejects.toThrow(
      `AUTH_JWT_SECRET_FILE names ${path}, which must hold 1 to 8 secrets, separated by spaces or line breaks, each at least 32 bytes long.`,
    );
    await expect(attempt).rejects.not.toThrow('hunter2');
  });
});

describe('several secrets', () => {
  it('do not reveal other faults of a forged token', async () => {
    const several = await createVerificationKeys({ secrets: [OLD, NEW] });
    const strict = new TokenVerifier(several, { issuer: 'me' });
    const forged = await signToken({ key: 'x'.repeat(32), userId: 'alice', ttlSeconds: -60 });
    await expect(strict.verify(forged)).rejects.toMatchObject({
      message: 'token is not valid',
      check: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    });
    const expired = await signToken({ key: NEW, userId: 'alice', ttlSeconds: -60, issuer: 'me' });
    await expect(strict.verify(expired)).rejects.toThrow('token expired');
  });
});
