import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Build, type ServerProcess } from '../support/built-server.js';
import type { ChildProgram } from '../support/child-program.js';
import type { Client, OpenSession } from '../support/client.js';
import { Commands } from '../support/commands.js';
import { eventually } from '../support/eventually.js';
import { SECRET, tokenOf } from '../support/service.js';
import { cloudEvent, postSigned } from '../support/signed-webhook.js';
import { WEBHOOK_SECRET } from '../support/webhook-receiver.js';

let build: Build;
let commands: Commands;
beforeAll(async () => {
  build = await Build.make();
  commands = new Commands(build);
});
afterEach(() => commands.killAll());
afterAll(() => build.remove());

describe('presence consume', () => {
  let server: ServerProcess;
  let admin: Client;
  let ann: Client;
  let session: OpenSession;
  beforeAll(async () => {
    server = await build.serve({ DRAIN_TIMEOUT_MS: '100' });
    admin = server.clientWithToken(await tokenOf('admin', { isAdmin: true }));
    ann = await server.client('ann');
  });
  afterEach(async () => {
    session.stream.cancel();
    await eventually(async () => (await admin.listOnlineUsers()).totalSize, 0);
  });
  afterAll(() => server.kill());

  async function online(): Promise<void> {
    session = await ann.connect({ platform: 'web' });
  }

  function consume(...args: readonly string[]): ChildProgram {
    const settings = { PRESENCE_ADDRESS: server.grpcAddress, AUTH_JWT_SECRET: SECRET };
    return commands.start(['consume', ...args], settings);
  }

  const enter = (channelId: string) => ann.joinChannel({ sessionId: session.sessionId, channelId });

  it('prints a snapshot, then each event, and continues after the last one when it was killed', async () => {
    await online();
    const first = consume('--position-file', 'killed');
    await first.says(/^Snapshot of 1 user, because there is no position:\nann is online, on web$/m);
    await enter('lobby');
    await first.says(/^channel-changed: ann is online, in lobby, on web$/m);
    await eventually(() => existsSync(join(build.folder, 'killed')), true);
    await first.kill();
    await enter('garden');
    const second = consume('--position-file', 'killed');
    await second.says(/^channel-changed: ann is online, in garden, on web$/m);
    expect(second.stdout).not.toContain('Snapshot');
    second.signal('SIGINT');
    expect(await second.exited).toEqual({ code: 130, signal: null });
    expect(second.stderr).toBe('');
    const third = consume('--position-file', 'killed');
    await enter('attic');
    await third.says(/^channel-changed: ann is online, in attic, on web$/m);
    expect(third.stdout).not.toContain('garden');
  });

  it('prints a line of JSON for each event of the kinds, users and channels', async () => {
    await online();
    const args = ['--kind', 'channel-changed', '--user', 'ann', '--channel', 'lobby', '--json'];
    const consumer = consume('--position-file', 'json', ...args);
    await consumer.says(/\n.*\n/);
    await ann.updateMuteState({ sessionId: session.sessionId, isMicrophoneMuted: true });
    await enter('lobby');
    await consumer.says(/\n.*\n.*\n/);
    const lines = consumer.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).toMatchObject([
      { type: 'reset', reason: 'first-start', users: 1 },
      { type: 'presence', userId: 'ann', status: 'online' },
      {
        type: 'event',
        kind: 'channel-changed',
        userId: 'ann',
        previousChannelId: null,
        joinedChannelIds: ['lobby'],
        leftChannelIds: [],
        presence: { isMicrophoneMuted: true },
        reason: 'requested',
      },
    ]);
  });

  it('begins with a snapshot if the position is not of this service or this filter', async () => {
    await online();
    await writeFile(join(build.folder, 'foreign'), 'something else\n');
    const foreign = consume('--position-file', 'foreign');
    await foreign.says(/because the service no longer has the position:\nann is online/);
    await eventually(
      async () => (await readFile(join(build.folder, 'foreign'), 'utf8')).startsWith('1.'),
      true,
    );
    await foreign.kill();
    const other = consume('--position-file', 'foreign', '--user', 'ann');
    await other.says(
      /because the position was stored for other users, channels, groups or kinds:\nann is/,
    );
  });

  it('reports a position that cannot be saved, and tries again', async () => {
    await online();
    const consumer = consume('--position-file', 'missing/position');
    await consumer.says(
      /^The file missing\/position cannot be written \(ENOENT\)\. Trying again\.$/m,
    );
    await mkdir(join(build.folder, 'missing'));
    await consumer.says(/^Up to date again\.$/m);
    expect(await readFile(join(build.folder, 'missing/position'), 'utf8')).toMatch(/^1\..+\n$/);
  });

  it('says what is wrong with the call', async () => {
    await online();
    const settings = { AUTH_JWT_SECRET: SECRET, PRESENCE_ADDRESS: server.grpcAddress };
    const file = ['--position-file', 'p'];
    for (const [args, code, stderr] of [
      [[], 2, "Required option '--position-file <file>' not specified."],
      [['--position-file', '.'], 2, 'The file . cannot be read (EISDIR).'],
      [
        [...file, '--kind', 'moved'],
        1,
        /^The service rejects an argument: kinds\[0\] must be one of/,
      ],
      [[...file, '--address', '127.0.0.1:1'], 1, /^The service at 127\.0\.0\.1:1 is unreachable/],
    ] as const) {
      const result = await commands.run(['consume', ...args], settings);
      expect(result).toMatchObject({ code, stdout: '' });
      if (typeof stderr === 'string') expect(result.stderr).toBe(`${stderr}\n`);
      else expect(result.stderr).toMatch(stderr);
    }
  });
});

describe('presence webhook listen', () => {
  const BATCH = JSON.stringify([
    cloudEvent('e1', 'user_online', 'ann', 'PRESENCE_STATUS_ONLINE'),
    cloudEvent('e2', 'user_status_changed', 'bob\u001b[2J', 'PRESENCE_STATUS_AWAY'),
  ]);

  async function listen(...args: readonly string[]): Promise<[ChildProgram, string]> {
    const settings = { WEBHOOK_SECRET: `whsec_AAAA ${WEBHOOK_SECRET}` };
    const program = commands.start(['webhook', 'listen', '--port', '0', ...args], settings);
    const [, url] = await program.says(/Listening on (http:\S+)\. Set WEBHOOK_URL/);
    return [program, url!];
  }

  it('prints the events of a signed request, marks repetitions, and answers 204', async () => {
    const [program, url] = await listen();
    const response = await postSigned(url, BATCH);
    expect([response.status, await response.text()]).toEqual([204, '']);
    await postSigned(`${url}/any/path`, BATCH, { id: 'batch-2' });
    await program.says(/bob.*\n.*\n.*bob.*\n/);
    const lines = program.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(
      /^2026-11-30T12:00:00.000Z presence\.v1\.user_online ann \{"presence":.*"CHANGE_REASON_CONNECTED"\}$/,
    );
    expect(lines[1]).toContain('presence.v1.user_status_changed bob\\u{1b}[2J {');
    expect(lines[2]).toContain('user_online ann (again) {');
    program.signal('SIGTERM');
    expect(await program.exited).toEqual({ code: 143, signal: null });
  });

  it('takes the events of the service', async () => {
    const [program, url] = await listen();
    const server = await build.serve({ WEBHOOK_URL: url, WEBHOOK_SECRET, DRAIN_TIMEOUT_MS: '100' });
    await program.says(/presence\.v1\.gap/);
    await (await server.client('ann')).connect();
    await program.says(/presence\.v1\.user_online ann \{"presence":\{"userId":"ann"/);
    expect(program.stderr).not.toContain('Rejected');
    await server.kill();
  });

  it('prints each event as a line of JSON', async () => {
    const [program, url] = await listen('--json');
    await postSigned(url, BATCH);
    await program.says(/\n.*\n/);
    const lines = program.stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(JSON.parse(BATCH));
  });

  it('rejects and reports every other request, and prints nothing of it', async () => {
    const [program, url] = await listen();
    const statuses = [
      await postSigned(url, BATCH, { secret: 'whsec_BBBB' }),
      await postSigned(url, BATCH, { sentAt: Date.now() - 600_000 }),
      await postSigned(url, '{"events": []}'),
      await postSigned(url, 'no JSON'),
      await postSigned(url, `["${'x'.repeat(2_000_000)}"]`),
      await fetch(url, { method: 'POST', body: BATCH }),
      await fetch(url),
    ].map(({ status }) => status);
    expect(statuses).toEqual([401, 401, 400, 400, 413, 401, 405]);
    await program.says(/it is not a POST/);
    expect(program.stderr.trimEnd().split('\n').slice(1)).toEqual([
      'Rejected a request: the signature does not match the secret.',
      'Rejected a request: webhook-timestamp is not within 300 seconds of the clock here.',
      'Rejected a request: its body is no batch of CloudEvents.',
      'Rejected a request: its body is no batch of CloudEvents.',
      'Rejected a request: its body is too large.',
      'Rejected a request: it lacks webhook-id, webhook-timestamp or webhook-signature.',
      'Rejected a request: it is not a POST.',
    ]);
    expect(program.stdout).toBe('');
  });

  it('says what is wrong with the call', async () => {
    const [program, url] = await listen();
    const { port } = new URL(url);
    for (const [args, code, stderr] of [
      [['webhook', 'listen'], 2, 'Set --secret or WEBHOOK_SECRET.'],
      [
        ['webhook', 'listen', '--secret', 'abc'],
        2,
        'The secret is not valid: it must be whsec_ followed by base64.',
      ],
      [['webhook', 'listen', '--prt', '1'], 2, "Unknown option '--prt'. (Did you mean --port?)"],
      [['webhook', 'lisen'], 2, "Unknown command 'lisen'. (Did you mean listen?)"],
      [
        ['webhook', 'listen', '--secret', WEBHOOK_SECRET, '--port', port],
        1,
        `The port ${port} on 127.0.0.1 cannot be used (EADDRINUSE).`,
      ],
    ] as const) {
      expect(await commands.run(args)).toEqual({ code, stdout: '', stderr: `${stderr}\n` });
    }
    expect(program.stdout).toBe('');
  });

  it('shows its help with examples', async () => {
    const { code, stdout } = await commands.run(['webhook', 'listen', '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: presence webhook listen/);
    expect(stdout).toContain('Examples:');
  });
});
