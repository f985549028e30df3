import { chmodSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Build } from '../support/built-server.js';
import { CONFINED } from '../support/confined-process.js';

let build: Build;
beforeAll(async () => void (build = await Build.make()));
afterAll(() => build.remove());

it('The server runs without a user of its own, capabilities, or a file system to write to', async () => {
  chmodSync(build.folder, 0o755);
  const server = await build.serve({ DRAIN_TIMEOUT_MS: '100' }, { wrapper: CONFINED });
  await (await server.client('ann')).connect();
  expect((await fetch(`${server.httpUrl}/health/ready`)).ok).toBe(true);
  server.signal('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(server.output).not.toMatch(/WARN|ERROR|EROFS|EACCES/);
});
