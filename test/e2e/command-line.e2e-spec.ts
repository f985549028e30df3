import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Authority } from '../support/certificates.js';
import { useCommandLine } from '../support/command-line.js';
import { freePort } from '../support/free-port.js';
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
  const line = useCommandLine();

  describe('explains itself', () => {
    it('also to those who have read enough', async () => {
      const help = line.commands.start(['--help']);
      help.closeOutput();
      expect(await help.exited).toEqual({ code: 0, signal: null });
      expect(help.stderr).toBe('');
    });

    it('with all commands, the exit codes and examples', async () => {
      const { code, stdout } = await line.commands.run(['--help']);
      expect(code).toBe(0);
      for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
      expect(stdout).toMatch(/Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}130 /);
    });

    it('with examples of a command', async () => {
      const { code, stdout } = await line.commands.run(['list', '--help']);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Usage: presence list/);
      expect(stdout).toMatch(/Examples:\n.*presence list/);
    });

    it('with its version', async () => {
      expect(await line.commands.run(['--version'])).toMatchObject({ code: 0, stdout: '0.1.0\n' });
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
        "Option '--ttl <seconds>' argument '1h' is invalid. It must be an integer from 1 to 31536000.",
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
      const said = await line.commands.run(args, settings);
      expect(said).toEqual({ code: 2, stdout: '', stderr: `${sentence}\n` });
    });

    it('a token of someone else', async () => {
      const token = await tokenOf('bob');
      expect(await line.commands.run(['connect', 'ann', '--token', token])).toEqual({
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
        const { code, stdout, stderr } = await line.commands.run(args, {
          PRESENCE_ADDRESS: address,
        });
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
        expect(stderr).toMatch(
          new RegExp(`^The service at ${address} is unreachable: .*ECONNREFUSED.*[.]\n$`),
        );
      },
    );

    it('when the token is rejected', async () => {
      const [header, claims] = (await tokenOf('ann')).split('.');
      const forged = `${header}.${claims}.${'A'.repeat(43)}`;
      const { code, stderr } = await line.commands.run(['list'], { PRESENCE_TOKEN: forged });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^The service rejects the token: .*\n$/);
    });

    it('when the token is none, without showing it', async () => {
      for (const none of ['not.a.token', '<!doctype html>']) {
        const { code, stdout, stderr } = await line.commands.run(['list'], {
          PRESENCE_TOKEN: none,
        });
        expect({ code, stdout, stderr }).toEqual({
          code: 2,
          stdout: '',
          stderr: 'The token is not valid: token must be a JWT.\n',
        });
      }
    });

    it('when the token may not do that', async () => {
      const { code, stderr } = await line.commands.run([
        'explain',
        'ann',
        '--token',
        await tokenOf('bob'),
      ]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^The token does not permit this call: .*\n$/);
    });

    it('when TLS is asked for and the service speaks plain text', async () => {
      expect(await line.commands.run(['list', '--tls'])).toEqual({
        code: 1,
        stdout: '',
        stderr: `The service at ${line.server.grpcAddress} does not use TLS. Call it without --tls, --ca and --cert.\n`,
      });
    });

    it.each([['token', 'ann'], ['list'], ['--help']])(
      'when its output cannot be written: %s',
      async (...args) => {
        const settings = line.settings;
        const program = line.build.command(args, settings, (command) => [
          ...['sh', '-c', 'exec "$@" >/dev/full', 'sh'],
          ...command,
        ]);
        line.commands.adopt(program);
        expect(await program.exited).toEqual({ code: 1, signal: null });
        expect(program.stderr).toBe('Standard output cannot be written (ENOSPC).\n');
      },
    );

    it('when the service rejects an argument', async () => {
      const { code, stderr } = await line.commands.run(['members', 'x'.repeat(129)]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^The service rejects an argument: channelId .*\n$/);
    });
  });

  it('reports that a session does not exist', async () => {
    expect(await line.commands.run(['end', 'typo'])).toEqual({
      code: 0,
      stdout: 'There is no live session typo.\n',
      stderr: '',
    });
  });

  describe('bench', () => {
    it('prints the durations of commits and deliveries, and leaves no user online', async () => {
      const args = ['--sessions', '5', '--channel-size', '2', '--rate', '20', '--seconds', '1'];
      const { code, stdout, stderr } = await line.commands.run(['bench', ...args]);
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
      const served = line.commands.start(['serve'], { ...settings, AUTH_JWT_SECRET: '' });
      const [, token] = await served.says(/A token for alice, valid for 24 hours: (\S+)/);
      const [, address] = await served.says(/gRPC on (\S+), health/);
      const { code, stdout } = await line.commands.run(
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
      const { code, stderr } = await line.commands.run(['serve'], {
        ...settings,
        HTTP_PORT: 'many',
      });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^These settings cannot be used:\n {2}HTTP_PORT is "many"/);
    });
  });

  it('reads settings from a file .env in the working directory, and the environment overrides them', async () => {
    const file = join(line.build.folder, '.env');
    writeFileSync(file, `PRESENCE_ADDRESS=${line.server.grpcAddress}\nAUTH_JWT_SECRET=${SECRET}\n`);
    try {
      const program = line.build.command(['list']);
      expect(await program.exited).toEqual({ code: 0, signal: null });
      const other = line.build.command(['list'], { PRESENCE_ADDRESS: 'nowhere' });
      expect((await other.exited).code).toBe(2);
    } finally {
      execFileSync('rm', [file]);
    }
  });

  it('speaks TLS, and shows a certificate where one is asked for', async () => {
    const [root, clients] = await Promise.all([Authority.make('root'), Authority.make('clients')]);
    const folder = await TlsFolder.with(await root.server(), clients.cert);
    const secure = await line.build.serve(folder.settings);
    const own = await TlsFolder.with(await clients.client('ann'), root.cert);
    const target = { PRESENCE_ADDRESS: secure.grpcAddress };
    const trusting = ['list', '--ca', own.files.clientCaFile!];
    const shown = ['--cert', own.files.certFile, '--key', own.files.keyFile];
    expect(await line.commands.run([...trusting, ...shown], target)).toMatchObject({
      code: 0,
      stdout: '0 users\n',
    });
    expect(await line.commands.run(trusting, target)).toMatchObject({ code: 1, stdout: '' });
    const untrusting = await line.commands.run(['list', '--tls', ...shown], target);
    expect(untrusting.code).toBe(1);
    expect(untrusting.stderr).toMatch(/is unreachable: .*certificate/);
    await secure.kill();
    await Promise.all([folder.remove(), own.remove()]);
  });
});
