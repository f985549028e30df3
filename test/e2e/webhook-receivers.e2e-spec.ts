import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Build } from '../support/built-server.js';
import { ChildProgram } from '../support/child-program.js';
import { cloudEvent, postSigned } from '../support/signed-webhook.js';
import { WEBHOOK_SECRET } from '../support/webhook-receiver.js';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const OTHER_SECRET = 'whsec_b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXI=';

let build: Build;
const running: ChildProgram[] = [];
beforeAll(async () => {
  build = await Build.make();
  // Compiled into a folder that has the packages beside it. `npm run typecheck` checks the types.
  const compiler = join(PROJECT, 'node_modules/typescript/bin/tsc');
  const example = join(PROJECT, 'examples/webhook-nest');
  const args = ['-p', example, '--noCheck', '--outDir', join(build.folder, 'nest')];
  await promisify(execFile)(process.execPath, [compiler, ...args]);
});
afterEach(async () => void (await Promise.all(running.splice(0).map((program) => program.kill()))));
afterAll(() => build.remove());

function run(args: readonly string[], cwd: string, env: Record<string, string>): ChildProgram {
  const options = { cwd, env: { PATH: process.env.PATH, ...env } };
  const program = new ChildProgram(spawn(process.execPath, args, options));
  running.push(program);
  return program;
}

describe.each<[string, (env: Record<string, string>) => ChildProgram]>([
  ['Express', (env) => run(['examples/webhook-express/receiver.mjs', '0'], PROJECT, env)],
  ['NestJS', (env) => run(['nest/main.js'], build.folder, { PORT: '0', ...env })],
])('The receiver of webhooks with %s', (_, start) => {
  async function listen(secrets = WEBHOOK_SECRET): Promise<[ChildProgram, string]> {
    const receiver = start({ WEBHOOK_SECRET: secrets });
    const [, url] = await receiver.says(/^listening on (\S+)$/m);
    return [receiver, url!];
  }

  const batchOf = (...events: object[]): string => JSON.stringify(events);
  const online = cloudEvent('e1', 'user_online', 'ann', 'PRESENCE_STATUS_ONLINE');
  const away = cloudEvent('e2', 'user_status_changed', 'ann', 'PRESENCE_STATUS_AWAY');

  function handled({ stdout }: ChildProgram): string[] {
    return stdout.trimEnd().split('\n').slice(1);
  }

  it('handles each event of a signed request once, however often it arrives', async () => {
    const [receiver, url] = await listen();
    const responses = await Promise.all([
      postSigned(url, batchOf(online)),
      postSigned(url, batchOf(online)),
      postSigned(url, batchOf(online, away), { id: 'batch-2' }),
    ]);
    responses.push(await postSigned(url, batchOf(online, away), { id: 'batch-3' }));
    expect(responses.map(({ status }) => status)).toEqual([204, 204, 204, 204]);
    await receiver.says(/AWAY/);
    expect(handled(receiver)).toEqual([
      'ann user_online PRESENCE_STATUS_ONLINE',
      'ann user_status_changed PRESENCE_STATUS_AWAY',
    ]);
  });

  it('notices a gap', async () => {
    const [receiver, url] = await listen();
    const data = { to: '2026-11-30T12:00:00.000Z' };
    const gap = { specversion: '1.0', id: 'g1', type: 'presence.v1.gap', time: data.to, data };
    expect((await postSigned(url, batchOf(gap))).status).toBe(204);
    await receiver.says(/^events are missing until 2026-11-30T12:00:00.000Z$/m);
  });

  it('accepts a signature with either secret while the secret changes', async () => {
    const [, url] = await listen(`${OTHER_SECRET} ${WEBHOOK_SECRET}`);
    for (const secret of [OTHER_SECRET, WEBHOOK_SECRET]) {
      expect((await postSigned(url, batchOf(online), { secret })).status).toBe(204);
    }
  });

  it('refuses all other requests, and handles nothing of them', async () => {
    const [receiver, url] = await listen();
    const body = batchOf(online);
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    const day = 86_400_000;
    const responses = await Promise.all([
      postSigned(url, body, { secret: OTHER_SECRET }),
      postSigned(url, body, { sentAt: Date.now() - day }),
      postSigned(url, body, { sentAt: Date.now() + day }),
      fetch(url, { method: 'POST', headers, body }),
      fetch(url, { method: 'POST', body }),
      fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body }),
      fetch(url, { method: 'POST' }),
    ]);
    expect(responses.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401, 401]);
    expect((await fetch(url)).status).toBe(404);
    expect(handled(receiver)).toEqual([]);
  });

  it('takes the events of the service', async () => {
    const [receiver, url] = await listen();
    const server = await build.serve({ WEBHOOK_URL: url, WEBHOOK_SECRET });
    await receiver.says(/^events are missing until \d{4}-/m);
    const ann = await server.client('ann');
    const { sessionId, stream } = await ann.connect();
    await ann.joinChannel({ sessionId, channelId: 'lobby' });
    stream.cancel();
    await receiver.says(/user_offline/);
    expect(handled(receiver).slice(1)).toEqual([
      'ann user_online PRESENCE_STATUS_ONLINE',
      'ann user_channel_changed PRESENCE_STATUS_ONLINE',
      'ann user_channel_changed PRESENCE_STATUS_OFFLINE',
      'ann user_offline PRESENCE_STATUS_OFFLINE',
    ]);
    await server.kill();
  });

  it('says how to call it without a secret', async () => {
    const receiver = start({});
    expect(await receiver.exited).toEqual({ code: 2, signal: null });
    expect(receiver.stderr).toMatch(/^Usage: WEBHOOK_SECRET=whsec_/);
  });
});
