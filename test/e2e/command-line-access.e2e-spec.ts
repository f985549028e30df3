import { describe, expect, it } from 'vitest';
import type { OpenSession } from '../support/client.js';
import { useCommandLine } from '../support/command-line.js';
import { tokenOf, type TokenOptions } from '../support/service.js';

const ACME: TokenOptions = { grants: { groups: ['acme'], join: ['acme/*'] } };

describe('The command line, where users see only their groups and channels', () => {
  const line = useCommandLine({ VISIBILITY: 'groups', CHANNEL_ACCESS: 'granted' });

  /** Connects a user until the end of the test. */
  async function online(userId: string, options: TokenOptions): Promise<OpenSession> {
    return line.online(await line.server.client(userId, options), { platform: 'web' });
  }

  const userIds = (stdout: string): string[] =>
    stdout
      .trimEnd()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { userId: string }).userId);

  it('shows all users without a token, and those of a group', async () => {
    await online('ann', ACME);
    await online('gus', { grants: { groups: ['globex'] } });
    expect(userIds((await line.commands.run(['list', '--json'])).stdout)).toEqual(['ann', 'gus']);
    expect(
      userIds((await line.commands.run(['list', '--json', '--group', 'acme'])).stdout),
    ).toEqual(['ann']);
    expect((await line.commands.run(['count', '--group', 'acme', 'other'])).stdout).toBe(
      'group acme: 1 user (1 online)\ngroup other: 0 users\n',
    );
  });

  it('watches groups', async () => {
    const { stream } = await online('ann', ACME);
    const watch = line.commands.start(['watch', '--group', 'acme']);
    await watch.says(/^ann is online/m);
    await online('gus', { grants: { groups: ['globex'] } });
    stream.cancel();
    await watch.says(/^ann is offline \(disconnected\)$/m);
    expect(watch.stdout).not.toContain('gus');
  });

  it('shows the users that a given token may see', async () => {
    await online('ann', ACME);
    await online('gus', { grants: { groups: ['globex'] } });
    const { stdout } = await line.commands.run(['token', 'vic', '--group', 'acme']);
    const listed = await line.commands.run(['list', '--json', '--token', stdout.trimEnd()]);
    expect(userIds(listed.stdout)).toEqual(['ann']);
  });

  describe('says in a sentence which grant the token lacks, and exits with 1', () => {
    const CHANNEL =
      'The token does not grant the channel: channel_id names a channel that the token may not';
    const HOW = '"presence token" signs one that does with --join, --watch or --moderate.';

    it.each<[string, string[], TokenOptions, string]>([
      ['a channel to join', ['connect', 'vic', '--join', 'lobby'], ACME, `${CHANNEL} join. ${HOW}`],
      ['a channel to list', ['members', 'lobby'], ACME, `${CHANNEL} watch. ${HOW}`],
      [
        'a channel to watch',
        ['watch', '--channel', 'acme/hall', 'lobby'],
        ACME,
        `The token does not grant the channel: channel_ids names a channel that the token may not watch. ${HOW}`,
      ],
      [
        'a group',
        ['list', '--group', 'globex'],
        ACME,
        'The token does not have the group: group_id names a group that the token does not have. "presence token" signs one that does with --group.',
      ],
      [
        'a session',
        ['connect', 'vic'],
        { grants: { watch_only: true } },
        'The token is only for watching: it cannot begin a session.',
      ],
    ])('%s', async (_, args, options, sentence) => {
      const token = await tokenOf('vic', options);
      expect(await line.commands.run([...args, '--token', token])).toEqual({
        code: 1,
        stdout: '',
        stderr: `${sentence}\n`,
      });
    });
  });

  describe('revoke', () => {
    const REVOKED =
      'The token was revoked. Use one that was issued at least a second after the revocation.\n';

    it('ends the sessions of a user, and says so', async () => {
      const token = await tokenOf('ben', { now: Date.now() - 5000 });
      const ben = line.commands.start(['connect', 'ben', '--token', token]);
      await ben.says(/are online/);
      expect(await line.commands.run(['revoke', 'ben'])).toEqual({
        code: 0,
        stdout:
          'Revoked all tokens of ben. Ended 1 session.\nUnless the server has AUTH_MAX_TOKEN_LIFETIME_MS, it keeps the revocation for ever.\n',
        stderr: '',
      });
      expect(await ben.exited).toEqual({ code: 1, signal: null });
      expect(ben.stderr).toBe(REVOKED);
      expect(await line.commands.run(['list', '--token', token])).toEqual({
        code: 1,
        stdout: '',
        stderr: REVOKED,
      });
    });

    it('keeps tokens that were issued later than the given time', async () => {
      const now = Math.floor(Date.now() / 1000) * 1000;
      const [older, newer] = await Promise.all(
        [now - 60_000, now - 30_000].map((issued) => tokenOf('cem', { now: issued })),
      );
      const time = new Date(now - 30_000).toISOString();
      const settings = { AUTH_MAX_TOKEN_LIFETIME_MS: '3600000' };
      const { code, stdout } = await line.commands.run(
        ['revoke', 'cem', '--issued-before', time],
        settings,
      );
      expect(code).toBe(0);
      expect(stdout).toMatch(
        /^Revoked the tokens of cem that were issued before [\d: -]+[.] Ended 0 sessions[.]\n$/,
      );
      expect((await line.commands.run(['list', '--token', older!])).code).toBe(1);
      expect((await line.commands.run(['list', '--token', newer!])).code).toBe(0);
    });

    it('says that a time in the future and a token without rights are rejected', async () => {
      const future = ['revoke', 'dan', '--issued-before', '2999-01-01T00:00Z'];
      const { code, stderr } = await line.commands.run(future);
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: 'The service rejects an argument: issued_before must not be in the future.\n',
      });
      const other = await line.commands.run(['revoke', 'dan', '--token', await tokenOf('dan')]);
      expect(other.code).toBe(1);
      expect(other.stderr).toMatch(/^The token does not permit this call: .*\n$/);
    });
  });

  it('hides a user from others, and shows from whom', async () => {
    await online('eve', ACME);
    const vic = await line.server.client('vic', ACME);
    const seen = async (): Promise<number> => (await vic.listOnlineUsers()).totalSize;
    expect(await seen()).toBe(1);
    expect((await line.commands.run(['hide', 'eve', 'vic', 'wim'])).stdout).toBe(
      'eve hides from vic, wim\n',
    );
    expect(await seen()).toBe(0);
    const asEve = await tokenOf('eve', ACME);
    expect((await line.commands.run(['hide', 'eve', 'xue', '--token', asEve])).stdout).toBe(
      'eve hides from vic, wim, xue\n',
    );
    expect((await line.commands.run(['hide', 'eve', 'vic', '--show'])).stdout).toBe(
      'eve hides from wim, xue\n',
    );
    expect(await seen()).toBe(1);
    expect((await line.commands.run(['hide', 'eve'])).stdout).toBe('eve hides from wim, xue\n');
    expect((await line.commands.run(['hide', 'eve', '--show'])).stdout).toBe(
      'eve hides from no one\n',
    );
    const asVic = await line.commands.run(['hide', 'eve', '--token', await tokenOf('vic', ACME)]);
    expect(asVic.code).toBe(1);
    expect(asVic.stderr).toMatch(/^The token does not permit this call: .*\n$/);
  });
});
