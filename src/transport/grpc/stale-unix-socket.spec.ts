import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeStaleSocket } from './stale-unix-socket.js';

/** A program that listens and then kills itself, which leaves the socket file behind. */
const KILLED = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;

describe('The path of a Unix socket', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'presence-socket-'));
    path = join(folder, 'socket');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is free again when whoever listened there was killed', async () => {
    expect(() => execFileSync(process.execPath, ['-e', KILLED, path])).toThrow();
    expect(existsSync(path)).toBe(true);
    await removeStaleSocket(path);
    expect(existsSync(path)).toBe(false);
  });

  it('is left to a server that is there', async () => {
    const server = createServer().listen(path);
    await once(server, 'listening');
    await removeStaleSocket(path);
    expect(existsSync(path)).toBe(true);
    server.close();
  });

  it('is left alone when there is something else', async () => {
    await writeFile(path, '');
    await removeStaleSocket(path);
    expect(existsSync(path)).toBe(true);
  });

  it('may be free', async () => {
    await expect(removeStaleSocket(path)).resolves.toBeUndefined();
  });
});
