import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Build, type ServerProcess } from '../support/built-server.js';
import { Authority } from '../support/certificates.js';
import type { ChildProgram } from '../support/child-program.js';
import type { Client, OpenSession } from '../support/client.js';
import { Commands } from '../support/commands.js';
import type { ConnectRequest } from '../../src/api/generated/presence/v1/session_service.pb.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { inWords, statusOf } from '../support/in-words.js';
import { SECRET, tokenOf } from '../support/service.js';
import { TlsFolder } from '../support/tls-folder.js';

const COMMANDS = [
  'serve',
  'token',
  'connect',
  'watch',
  'consume',
  'webhook',
  'list',
  'members',
  'count',
  'status',
  'mute',
  'move',
  'remove',
  'hide',
  'end',
  'revoke',
  'explain',
  'bench',
];

describe('The command line', () => {
  let build: Build;
  let commands: Commands;
  let server: ServerProcess;
  let admin: Client;
  const sessions: OpenSession[] = [];
  beforeAll(async () => {
    build = await Build.make();
    server = await build.serve({ DRAIN_TIMEOUT_MS: '100' });
    commands = new Commands(build, {
      PRESENCE_ADDRESS: server.grpcAddress,
      AUTH_JWT_SECRET: SECRET,
    });
    admin = server.clientWithToken(await tokenOf('admin', { isAdmin: true }));
  });
  afterEach(async () => {
    await commands.killAll();
    for (const { stream } of sessions.splice(0)) stream.cancel();
    await eventually(async () => (await admin.listOnlineUsers()).totalSize, 0);
  });
  afterAll(async () => {
    await server.kill();
    await build.remove();
  });

  /** Connects a user until the end of the test, unless the stream is cancelled before. */
  async function online(
    client: Client,
    request: Partial<ConnectRequest> = {},
  ): Promise<OpenSession> {
    const session = await client.connect(request);
    sessions.push(session);
    return session;
  }

  function claimsOf(token: string): Record<string, unknown> {
    const payload = Buffer.from(token.split('.')[1]!, 'base64url').toString();
    return JSON.parse(payload) as Record<string, unknown>;
  }

  /** Splits a table into lines and words. */
  function rowsOf(text: string): string[][] {
    return text
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
  }

  async function statusIn(userId: string): Promise<string> {
    return statusOf((await admin.getPresence({ userId })).presence);
  }

  describe('explains itself', () => {
    it('also to those who have read enough', async () => {
      const help = commands.start(['--help']);
      help.closeOutput();
      expect(await help.exited).toEqual({ code: 0, signal: null });
      expect(help.stderr).toBe('');
    });

    it('with all commands, the exit codes and examples', async () => {
      const { code, stdout } = await commands.run(['--help']);
      expect(code).toBe(0);
      for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
      expect(stdout).toMatch(/Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}130 /);
    });

    it('with examples of a command', async () => {
      const { code, stdout } = await commands.run(['list', '--help']);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Usage: presence list/);
      expect(stdout).toMatch(/Examples:\n.*presence list/);
    });

    it('with its version', async () => {
      expect(await commands.run(['--version'])).toMatchObject({ code: 0, stdout: '0.1.0\n' });
    });
  });

  describe('that is called in a wrong way says so in a sentence, does nothing and exits with 2', () => {
    it.each<[string, string[], string, Record<string, string>?]>([
      ['an unknown command', ['lst'], "Unknown command 'lst'. (Did you mean list?)"],
      [
        'an unknown option',
        ['list', '--jason'],
        "Unknown option '--jason'. (Did you mean --json?)",
      ],
      ['no user', ['connect'], "Missing required argument 'user'."],
      [
        'too much',
        ['list', 'ann'],
        "Too many arguments for 'list'. Expected 0 arguments but got 1.",
      ],
      [
        'an address without a port',
        ['list', '--address', 'localhost'],
        'The address localhost is not host:port or [IPv6]:port.',
      ],
      [
        'an unknown status',
        ['list', '--status', 'foo'],
        "Option '--status <status...>' argument 'foo' is invalid. Allowed choices are online, idle, do-not-disturb, away.",
      ],
      [
        'a time in words',
        ['token', 'ann', '--ttl', '1h'],
        "Option '--ttl <seconds>' argument '1h' is invalid. It must be a whole number from 1 to 31536000.",
      ],
      [
        'a revocation of the future',
        ['revoke', 'ann', '--issued-before', 'tomorrow'],
        "Option '--issued-before <time>' argument 'tomorrow' is invalid. It must be now, or a time such as 15:00 or 2026-11-30T15:00Z.",
      ],
      [
        'channels and groups together',
        ['watch', '--channel', 'lobby', '--group', 'acme'],
        "Option '--group <group...>' cannot be used with option '--channel <channel...>'.",
      ],
      [
        'a "*" within a channel',
        ['token', 'ann', '--join', 'lobby', 'acme/*/stage'],
        'The service would reject the token: presence.join[1] is not a channel id, or the beginning of one followed by "*".',
      ],
      [
        'an empty channel',
        ['token', 'ann', '--watch', ''],
        'The service would reject the token: presence.watch[0] is not a channel id, or the beginning of one followed by "*".',
      ],
      [
        'too many groups',
        ['token', 'ann', '--group', ...Array.from({ length: 101 }, (_, i) => `g${i}`)],
        'The service would reject the token: presence.groups is not a list of at most 100 entries.',
      ],
      [
        'a lifetime that the service refuses',
        ['token', 'ann', '--ttl', '61'],
        'The service would reject the token: AUTH_MAX_TOKEN_LIFETIME_MS allows at most 60 seconds.',
        { AUTH_MAX_TOKEN_LIFETIME_MS: '60000' },
      ],
      [
        'no secret',
        ['token', 'ann'],
        'Signing a token needs AUTH_JWT_SECRET or AUTH_JWT_SECRET_FILE, with the same secret as on the server.',
        { AUTH_JWT_SECRET: '' },
      ],
    ])('%s', async (_, args, sentence, settings = {}) => {
      const said = await commands.run(args, settings);
      expect(said).toEqual({ code: 2, stdout: '', stderr: `${sentence}\n` });
    });

    it('a token of someone else', async () => {
      const token = await tokenOf('bob');
      expect(await commands.run(['connect', 'ann', '--token', token])).toEqual({
        code: 2,
        stdout: '',
        stderr: 'The token belongs to bob, not to ann.\n',
      });
    });
  });

  describe('that cannot do it says so in a sentence and exits with 1', () => {
    it.each([['list'], ['connect', 'ann'], ['watch'], ['watch', '--json']])(
      'when the service is unreachable: %s',
      async (...args) => {
        const address = `127.0.0.1:${await freePort()}`;
        const { code, stdout, stderr } = await commands.run(args, { PRESENCE_ADDRESS: address });
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
        expect(stderr).toMatch(
          new RegExp(`^The service at ${address} is unreachable: .*ECONNREFUSED.*[.]\n$`),
        );
      },
    );

    it('when the token is rejected', async () => {
      const [header, claims] = (await tokenOf('ann')).split('.');
      const forged = `${header}.${claims}.${'A'.repeat(43)}`;
      const { code, stderr } = await commands.run(['list'], { PRESENCE_TOKEN: forged });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^The service rejects the token: .*\n$/);
    });

    it('when the token is none, without showing it', async () => {
      for (const none of ['not.a.token', '<!doctype html>']) {
        const { code, stdout, stderr } = await commands.run(['list'], { PRESENCE_TOKEN: none });
        expect({ code, stdout, stderr }).toEqual({
          code: 2,
          stdout: '',
          stderr: 'The token is not valid: token must be a JWT.\n',
        });
      }
    });

    it('when the token may not do that', async () => {
      const { code, stderr } = await commands.run([
        'explain',
        'ann',
        '--token',
        await tokenOf('bob'),
      ]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^The token does not permit this call: .*\n$/);
    });

    it('when TLS is asked for and the service speaks plain text', async () => {
      expect(await commands.run(['list', '--tls'])).toEqual({
        code: 1,
        stdout: '',
        stderr: `The service at ${server.grpcAddress} does not use TLS. Call it without --tls, --ca and --cert.\n`,
      });
    });

    it.each([['token', 'ann'], ['list'], ['--help']])(
      'when its output cannot be written: %s',
      async (...args) => {
        const settings = { PRESENCE_ADDRESS: server.grpcAddress, AUTH_JWT_SECRET: SECRET };
        const program = build.command(args, settings, (command) => [
          ...['sh', '-c', 'exec "$@" >/dev/full', 'sh'],
          ...command,
        ]);
        commands.adopt(program);
        expect(await program.exited).toEqual({ code: 1, signal: null });
        expect(program.stderr).toBe('Standard output cannot be written (ENOSPC).\n');
      },
    );

    it('when the service rejects an argument', async () => {
      const { code, stderr } = await commands.run(['members', 'x'.repeat(129)]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^The service rejects an argument: channelId .*\n$/);
    });
  });

  it('reports that a session does not exist', async () => {
    expect(await commands.run(['end', 'typo'])).toEqual({
      code: 0,
      stdout: 'There is no live session typo.\n',
      stderr: '',
    });
  });

  describe('token', () => {
    it('prints a token that the service accepts, and nothing else', async () => {
      const { code, stdout, stderr } = await commands.run(['token', 'ann']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const { started } = await online(server.clientWithToken(stdout.trimEnd()));
      expect(started.session?.userId).toBe('ann');
    });

    it('prints a token with grants, in the claim that AUTH_GRANTS_CLAIM names', async () => {
      const grants = ['--group', 'acme', '--group', 'staff', '--join', 'acme/*', 'lobby'];
      const others = ['--watch', 'acme-public/*', '--moderate', 'stage', '--watch-only'];
      const args = ['token', 'max', ...grants, ...others];
      const claim = {
        groups: ['acme', 'staff'],
        join: ['acme/*', 'lobby'],
        watch: ['acme-public/*'],
        moderate: ['stage'],
        watch_only: true,
      };
      expect(claimsOf((await commands.run(args)).stdout).presence).toEqual(claim);
      const named = await commands.run(args, {
        AUTH_GRANTS_CLAIM: 'https://acme.example/presence',
      });
      expect(claimsOf(named.stdout)).toMatchObject({ 'https://acme.example/presence': claim });
      expect(claimsOf((await commands.run(['token', 'max'])).stdout)).not.toHaveProperty(
        'presence',
      );
    });

    it('takes a user whose name looks like an option after --', async () => {
      const { stdout } = await commands.run(['token', '--', '--admin']);
      const { started } = await online(server.clientWithToken(stdout.trimEnd()));
      expect(started.session?.userId).toBe('--admin');
    });

    it('signs for while asked, and for an admin', async () => {
      const { stdout } = await commands.run(['token', 'root', '--admin', '--ttl', '60']);
      const claims = claimsOf(stdout);
      expect(claims).toMatchObject({ sub: 'root', scope: 'presence:admin' });
      expect(Number(claims.exp) - Number(claims.iat)).toBe(60);
    });
  });

  describe('the program that signs tokens where only the server is installed', () => {
    function sign(...args: string[]): ChildProgram {
      const program = build.program('bootstrap/token.js', args, { AUTH_JWT_SECRET: SECRET });
      commands.adopt(program);
      return program;
    }

    it('prints a token that the service accepts', async () => {
      const program = sign('ann', '--ttl', '60');
      expect(await program.exited).toEqual({ code: 0, signal: null });
      const { started } = await online(server.clientWithToken(program.stdout.trimEnd()));
      expect(started.session?.userId).toBe('ann');
    });

    it('prints a token with grants', async () => {
      const program = sign('ann', '--group', 'acme', '--join', 'a', '--join', 'b', '--watch-only');
      await program.exited;
      const presence = { groups: ['acme'], join: ['a', 'b'], watch_only: true };
      expect(claimsOf(program.stdout)).toMatchObject({ presence });
    });

    it.each([
      [[]],
      [['ann', 'bob']],
      [['ann', '--ttl', '1h']],
      [['ann', '--root']],
      [['a\nb']],
      [['ann', '--join', '*a']],
    ])('shows its usage for wrong arguments: %j', async (args) => {
      const program = sign(...args);
      expect(await program.exited).toEqual({ code: 2, signal: null });
      expect(program.stdout).toBe('');
      expect(program.stderr).toMatch(/\nUsage: node dist\/bootstrap\/token[.]js/);
    });
  });

  describe('connect', () => {
    it('keeps the user online until it is interrupted, and then disconnects gracefully', async () => {
      const ann = commands.start(['connect', 'ann', '--join', 'lobby', '--platform', 'desktop']);
      await ann.says(/^You \(ann\) are online, in lobby, on desktop$/m);
      const { presence } = await admin.getPresence({ userId: 'ann' });
      expect(presence).toMatchObject({ currentChannelId: 'lobby', platforms: ['desktop'] });
      const events = admin.subscribe({ userIds: ['ann'] });
      await events.beginning();
      ann.signal('SIGINT');
      expect(await ann.exited).toEqual({ code: 130, signal: null });
      expect((await events.nextEvents(2)).map(inWords)).toEqual([
        'userChannelChanged DISCONNECTED',
        'userOffline DISCONNECTED',
      ]);
      events.cancel();
    });

    it('shows that an invisible user is offline to everyone else', async () => {
      // The choice outlasts the session, so no other test may use this user.
      const client = await server.client('ida');
      const { sessionId } = await online(client);
      await client.updateStatus({ sessionId, choice: StatusChoice.STATUS_CHOICE_INVISIBLE });
      const ida = commands.start(['connect', 'ida']);
      await ida.says(/You \(ida\) are online, .*; everyone else sees you offline/);
    });

    it("shows changes of others, but not of the user's other devices", async () => {
      const ann = commands.start(['connect', 'ann']);
      await ann.says(/are online/);
      const bob = await server.client('bob');
      const { sessionId, stream } = await online(bob, { platform: 'mobile' });
      await ann.says(/^bob is online, on mobile \(connected\)$/m);
      await bob.joinChannel({ sessionId, channelId: 'lobby' });
      await ann.says(/^bob joined lobby$/m);
      await online(await server.client('ann'), { platform: 'web' });
      stream.cancel();
      await ann.says(/^bob is offline \(disconnected\)$/m);
      expect(ann.stdout).not.toContain('ann is');
    });

    it('stays online without a terminal, when its input has ended', async () => {
      const ann = build.command(
        ['connect', 'ann'],
        { PRESENCE_ADDRESS: server.grpcAddress, AUTH_JWT_SECRET: SECRET },
        (command) => ['sh', '-c', 'exec "$@" </dev/null', 'sh', ...command],
      );
      commands.adopt(ann);
      await ann.says(/are online/);
      expect(await statusIn('ann')).toBe('ONLINE');
      ann.signal('SIGTERM');
      expect(await ann.exited).toEqual({ code: 143, signal: null });
    });

    it('exits with 1 when its session is ended from elsewhere', async () => {
      const ann = commands.start(['connect', 'ann']);
      await ann.says(/are online/);
      const { sessions } = await admin.listSessions({ userId: 'ann' });
      const { sessionId } = sessions[0]!;
      expect(await commands.run(['end', sessionId])).toEqual({
        code: 0,
        stdout: `Ended session ${sessionId}.\n`,
        stderr: '',
      });
      expect(await ann.exited).toEqual({ code: 1, signal: null });
      expect(ann.stderr).toBe('The session was ended by another client.\n');
    });
  });

  describe('with users online', () => {
    let ann: Client;
    let sessionId: string;

    async function annIsThere(): Promise<void> {
      ann = await server.client('ann');
      ({ sessionId } = await online(ann, { platform: 'desktop', isMicrophoneMuted: true }));
      await ann.joinChannel({ sessionId, channelId: 'lobby' });
    }

    it.each([['list'], ['members', 'lobby']])('shows them as a table: %s', async (...args) => {
      await annIsThere();
      const { code, stdout } = await commands.run(args);
      expect(code).toBe(0);
      expect(rowsOf(stdout)).toEqual([
        ['USER', 'STATUS', 'CHANNELS', 'MUTED', 'DEVICES', 'SINCE', 'SAYS', 'ATTRIBUTES'],
        ['ann', 'online', 'lobby', 'microphone', 'desktop', expect.stringMatching(/^[\d:]{8}$/)],
        ['1 user'],
      ]);
    });

    it.each([['list'], ['members', 'lobby']])('shows them as JSON: %s', async (...args) => {
      await annIsThere();
      const { stdout } = await commands.run([...args, '--json']);
      expect(JSON.parse(stdout)).toMatchObject({
        userId: 'ann',
        status: 'online',
        channelId: 'lobby',
        isMicrophoneMuted: true,
        statusText: '',
        version: expect.stringMatching(/^\d+$/) as string,
      });
    });

    it('lists those of a status, and says that there are none', async () => {
      await annIsThere();
      expect((await commands.run(['list', '--status', 'away', 'idle'])).stdout).toBe('0 users\n');
      expect((await commands.run(['list', '--status', 'online'])).stdout).toContain('ann');
      expect((await commands.run(['members', 'garden'])).stdout).toBe('0 users\n');
    });

    it('counts them', async () => {
      await annIsThere();
      expect((await commands.run(['count'])).stdout).toBe('1 user (1 online)\n');
      expect((await commands.run(['count', 'garden', 'lobby'])).stdout).toBe(
        'garden: 0 users\nlobby: 1 user (1 online)\n',
      );
      const { stdout } = await commands.run(['count', 'lobby', '--json']);
      expect(JSON.parse(stdout)).toMatchObject([{ channelId: 'lobby', total: 1 }]);
    });

    it('shows all their channels and attributes', async () => {
      await annIsThere();
      await ann.joinChannel({ sessionId, channelId: 'garden', keepOthers: true });
      await ann.updateAttributes({ sessionId, set: new Map([['doc', 'plan']]) });
      const [, row] = rowsOf((await commands.run(['list'])).stdout);
      expect(row).toEqual(expect.arrayContaining(['garden, lobby', 'doc=plan']));
    });

    it('mutes, moves and removes them for a moderator', async () => {
      await annIsThere();
      const token = await tokenOf('max', { grants: { moderate: ['lobby', 'hall'] } });
      const asMax = (...args: string[]) => commands.run([...args, '--token', token]);
      expect((await asMax('mute', 'ann', '--speaker')).stdout).toBe(
        'ann is online, in lobby, on desktop, microphone muted, speaker muted by a moderator\n',
      );
      expect((await asMax('mute', 'ann', '--speaker', '--lift')).stdout).toBe(
        'ann is online, in lobby, on desktop, microphone muted\n',
      );
      expect((await asMax('move', 'ann', 'lobby', 'hall')).stdout).toContain('in hall');
      expect((await asMax('remove', 'ann', 'hall')).stdout).not.toContain('in hall');
      expect((await asMax('mute', 'ann')).code).toBe(1);
    });

    it('sets their status for an admin, also while they are not connected', async () => {
      await annIsThere();
      const busy = ['do-not-disturb', '--text', 'In a meeting', '--until', '2100-01-01T00:00Z'];
      expect(await commands.run(['status', 'ann', ...busy])).toMatchObject({
        code: 0,
        stdout:
          'ann is do-not-disturb, in lobby, on desktop, microphone muted, with the status text "In a meeting"\n',
      });
      const { stdout } = await commands.run(['explain', 'ann']);
      expect(stdout).toContain('the choice expires at 2100-01-01');
      expect((await commands.run(['status', 'ann', 'automatic'])).stdout).toBe(
        'ann is online, in lobby, on desktop, microphone muted\n',
      );
      expect((await commands.run(['status', 'zoe', 'away'])).stdout).toBe(
        'zoe is offline\nOthers see the status when the user connects.\n',
      );
      expect((await commands.run(['status', 'zoe', 'automatic'])).code).toBe(0);
    });

    it('does not set a status that does not exist, or that has ended', async () => {
      const unknown = await commands.run(['status', 'ann', 'busy']);
      expect(unknown.code).toBe(2);
      expect(unknown.stderr).toContain(
        'Allowed choices are automatic, do-not-disturb, away, invisible',
      );
      expect((await commands.run(['status', 'ann', 'away', '--until', 'noon'])).code).toBe(2);
      const past = await commands.run(['status', 'ann', 'away', '--until', '2020-01-01T00:00Z']);
      expect(past).toMatchObject({ code: 1 });
      expect(past.stderr).toMatch(/^The service rejects an argument: expires_at /);
      const token = await tokenOf('max');
      const refused = await commands.run(['status', 'ann', 'away', '--token', token]);
      expect(refused.stderr).toMatch(/^The token does not permit this call: /);
    });

    it('explains them', async () => {
      await annIsThere();
      const { code, stdout } = await commands.run(['explain', 'ann']);
      expect(code).toBe(0);
      expect(stdout).toMatch(
        /^ann is online: the last activity was at [\d:]{8} on desktop, and the idle timeout is 5 min[.]$/m,
      );
      expect(stdout).toContain(sessionId);
      expect(JSON.parse((await commands.run(['explain', 'ann', '--json'])).stdout)).toMatchObject({
        cause: 'active',
        sessions: [{ sessionId, holdsChannel: true }],
      });
    });

    it('uses no colours where there is no terminal', async () => {
      await annIsThere();
      expect((await commands.run(['list'])).stdout).not.toContain('\u001b');
    });
  });

  describe('watch', () => {
    it('has a line for each change', async () => {
      const watch = commands.start(['watch', '--user', 'zoe']);
      await watch.says(/^zoe is offline$/m);
      await online(await server.client('zoe'), { platform: 'web' });
      await watch.says(/^zoe is online, is on web \(connected\)$/m);
      watch.signal('SIGINT');
      expect(await watch.exited).toEqual({ code: 130, signal: null });
      expect(watch.stderr).toBe('');
    });

    it('has a line of JSON for each change, and follows channels', async () => {
      const watch = commands.start(['watch', '--json', '--channel', 'lobby']);
      const ann = await server.client('ann');
      const { sessionId } = await online(ann);
      await ann.joinChannel({ sessionId, channelId: 'lobby' });
      await watch.says(/\n/);
      await ann.leaveChannel({ sessionId });
      await watch.says(/\n.*\n/);
      const [came, went] = watch.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as object);
      expect(came).toMatchObject({
        userId: 'ann',
        previous: null,
        current: { status: 'online', channelId: 'lobby' },
      });
      expect(went).toMatchObject({ userId: 'ann', current: null, reason: 'requested' });
    });

    it('exits with 0 when its output is closed', async () => {
      const watch = commands.start(['watch', '--user', 'zoe']);
      await watch.says(/zoe is offline/);
      watch.closeOutput();
      await online(await server.client('zoe'));
      expect(await watch.exited).toEqual({ code: 0, signal: null });
      expect(watch.stderr).toBe('');
    });
  });

  describe('bench', () => {
    it('prints the durations of commits and deliveries, and leaves no user online', async () => {
      const args = ['--sessions', '5', '--channel-size', '2', '--rate', '20', '--seconds', '1'];
      const { code, stdout, stderr } = await commands.run(['bench', ...args]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      // Two channels with two users and one with one user, and each user makes four changes.
      expect(stdout).toMatch(
        /^commit {4}p50 +[\d.]+ ms {2}p99 +[\d.]+ ms {2}20 changes\ndelivery {2}p50 .* {2}36 of 36\n$/,
      );
    });
  });

  describe('serve', () => {
    const settings = { GRPC_URL: '127.0.0.1:0', HTTP_HOST: '127.0.0.1', HTTP_PORT: '0' };

    it('runs the server, which prints a token that the other commands take', async () => {
      const served = commands.start(['serve'], { ...settings, AUTH_JWT_SECRET: '' });
      const [, token] = await served.says(/A token for alice, valid for 24 hours: (\S+)/);
      const [, address] = await served.says(/gRPC on (\S+), health/);
      const { code, stdout } = await commands.run(
        ['list', '--address', address!, '--token', token!],
        {
          AUTH_JWT_SECRET: '',
        },
      );
      expect({ code, stdout }).toEqual({ code: 0, stdout: '0 users\n' });
      served.signal('SIGINT');
      expect(await served.exited).toEqual({ code: 0, signal: null });
    });

    it('exits as the server does when it cannot start', async () => {
      const { code, stderr } = await commands.run(['serve'], { ...settings, HTTP_PORT: 'many' });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^These settings cannot be used:\n {2}HTTP_PORT is "many"/);
    });
  });

  it('reads settings from a file .env in the working directory, and the environment overrides them', async () => {
    const file = join(build.folder, '.env');
    writeFileSync(file, `PRESENCE_ADDRESS=${server.grpcAddress}\nAUTH_JWT_SECRET=${SECRET}\n`);
    try {
      const program = build.command(['list']);
      expect(await program.exited).toEqual({ code: 0, signal: null });
      const other = build.command(['list'], { PRESENCE_ADDRESS: 'nowhere' });
      expect((await other.exited).code).toBe(2);
    } finally {
      execFileSync('rm', [file]);
    }
  });

  it('speaks TLS, and shows a certificate where one is asked for', async () => {
    const [root, clients] = await Promise.all([Authority.make('root'), Authority.make('clients')]);
    const folder = await TlsFolder.with(await root.server(), clients.cert);
    const secure = await build.serve(folder.settings);
    const own = await TlsFolder.with(await clients.client('ann'), root.cert);
    const target = { PRESENCE_ADDRESS: secure.grpcAddress };
    const trusting = ['list', '--ca', own.files.clientCaFile!];
    const shown = ['--cert', own.files.certFile, '--key', own.files.keyFile];
    expect(await commands.run([...trusting, ...shown], target)).toMatchObject({
      code: 0,
      stdout: '0 users\n',
    });
    expect(await commands.run(trusting, target)).toMatchObject({ code: 1, stdout: '' });
    const untrusting = await commands.run(['list', '--tls', ...shown], target);
    expect(untrusting.code).toBe(1);
    expect(untrusting.stderr).toMatch(/is unreachable: .*certificate/);
    await secure.kill();
    await Promise.all([folder.remove(), own.remove()]);
  });
});
