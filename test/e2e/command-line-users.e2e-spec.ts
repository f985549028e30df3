import { describe, expect, it } from 'vitest';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Client } from '../support/client.js';
import { useCommandLine } from '../support/command-line.js';
import { inWords, statusOf } from '../support/in-words.js';
import { tokenOf } from '../support/service.js';

describe('The command line shows and changes users:', () => {
  const line = useCommandLine();

  /** Splits a table into lines and words. */
  function rowsOf(text: string): string[][] {
    return text
      .trimEnd()
      .split('\n')
      .map((row) => row.split(/ {2,}/));
  }

  async function statusIn(userId: string): Promise<string> {
    return statusOf((await line.admin.getPresence({ userId })).presence);
  }

  describe('connect', () => {
    it('keeps the user online until it is interrupted, and then disconnects gracefully', async () => {
      const ann = line.commands.start([
        'connect',
        'ann',
        '--join',
        'lobby',
        '--platform',
        'desktop',
      ]);
      await ann.says(/^You \(ann\) are online, in lobby, on desktop$/m);
      const { presence } = await line.admin.getPresence({ userId: 'ann' });
      expect(presence).toMatchObject({ currentChannelId: 'lobby', platforms: ['desktop'] });
      const events = line.admin.subscribe({ userIds: ['ann'] });
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
      const client = await line.server.client('ida');
      const { sessionId } = await line.online(client);
      await client.updateStatus({ sessionId, choice: StatusChoice.STATUS_CHOICE_INVISIBLE });
      const ida = line.commands.start(['connect', 'ida']);
      await ida.says(/You \(ida\) are online, .*; everyone else sees you offline/);
    });

    it("shows changes of others, but not of the user's other devices", async () => {
      const ann = line.commands.start(['connect', 'ann']);
      await ann.says(/are online/);
      const bob = await line.server.client('bob');
      const { sessionId, stream } = await line.online(bob, { platform: 'mobile' });
      await ann.says(/^bob is online, on mobile \(connected\)$/m);
      await bob.joinChannel({ sessionId, channelId: 'lobby' });
      await ann.says(/^bob joined lobby$/m);
      await line.online(await line.server.client('ann'), { platform: 'web' });
      stream.cancel();
      await ann.says(/^bob is offline \(disconnected\)$/m);
      expect(ann.stdout).not.toContain('ann is');
    });

    it('stays online without a terminal, when its input has ended', async () => {
      const ann = line.build.command(['connect', 'ann'], line.settings, (command) => [
        'sh',
        '-c',
        'exec "$@" </dev/null',
        'sh',
        ...command,
      ]);
      line.commands.adopt(ann);
      await ann.says(/are online/);
      expect(await statusIn('ann')).toBe('ONLINE');
      ann.signal('SIGTERM');
      expect(await ann.exited).toEqual({ code: 143, signal: null });
    });

    it('exits with 1 when its session is ended from elsewhere', async () => {
      const ann = line.commands.start(['connect', 'ann']);
      await ann.says(/are online/);
      const { sessions } = await line.admin.listSessions({ userId: 'ann' });
      const { sessionId } = sessions[0]!;
      expect(await line.commands.run(['end', sessionId])).toEqual({
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
      ann = await line.server.client('ann');
      ({ sessionId } = await line.online(ann, { platform: 'desktop', isMicrophoneMuted: true }));
      await ann.joinChannel({ sessionId, channelId: 'lobby' });
    }

    it.each([['list'], ['members', 'lobby']])('shows them as a table: %s', async (...args) => {
      await annIsThere();
      const { code, stdout } = await line.commands.run(args);
      expect(code).toBe(0);
      expect(rowsOf(stdout)).toEqual([
        ['USER', 'STATUS', 'CHANNELS', 'MUTED', 'DEVICES', 'SINCE', 'SAYS', 'ATTRIBUTES'],
        ['ann', 'online', 'lobby', 'microphone', 'desktop', expect.stringMatching(/^[\d:]{8}$/)],
        ['1 user'],
      ]);
    });

    it.each([['list'], ['members', 'lobby']])('shows them as JSON: %s', async (...args) => {
      await annIsThere();
      const { stdout } = await line.commands.run([...args, '--json']);
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
      expect((await line.commands.run(['list', '--status', 'away', 'idle'])).stdout).toBe(
        '0 users\n',
      );
      expect((await line.commands.run(['list', '--status', 'online'])).stdout).toContain('ann');
      expect((await line.commands.run(['members', 'garden'])).stdout).toBe('0 users\n');
    });

    it('counts them', async () => {
      await annIsThere();
      expect((await line.commands.run(['count'])).stdout).toBe('1 user (1 online)\n');
      expect((await line.commands.run(['count', 'garden', 'lobby'])).stdout).toBe(
        'garden: 0 users\nlobby: 1 user (1 online)\n',
      );
      const { stdout } = await line.commands.run(['count', 'lobby', '--json']);
      expect(JSON.parse(stdout)).toMatchObject([{ channelId: 'lobby', total: 1 }]);
    });

    it('shows all their channels and attributes', async () => {
      await annIsThere();
      await ann.joinChannel({ sessionId, channelId: 'garden', keepOthers: true });
      await ann.updateAttributes({ sessionId, set: new Map([['doc', 'plan']]) });
      const [, row] = rowsOf((await line.commands.run(['list'])).stdout);
      expect(row).toEqual(expect.arrayContaining(['garden, lobby', 'doc=plan']));
    });

    it('mutes, moves and removes them for a moderator', async () => {
      await annIsThere();
      const token = await tokenOf('max', { grants: { moderate: ['lobby', 'hall'] } });
      const asMax = (...args: string[]) => line.commands.run([...args, '--token', token]);
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
      expect(await line.commands.run(['status', 'ann', ...busy])).toMatchObject({
        code: 0,
        stdout:
          'ann is do-not-disturb, in lobby, on desktop, microphone muted, with the status text "In a meeting"\n',
      });
      const { stdout } = await line.commands.run(['explain', 'ann']);
      expect(stdout).toContain('the choice expires at 2100-01-01');
      expect((await line.commands.run(['status', 'ann', 'automatic'])).stdout).toBe(
        'ann is online, in lobby, on desktop, microphone muted\n',
      );
      expect((await line.commands.run(['status', 'zoe', 'away'])).stdout).toBe(
        'zoe is offline\nOthers see the status when the user connects.\n',
      );
      expect((await line.commands.run(['status', 'zoe', 'automatic'])).code).toBe(0);
    });

    it('does not set a status that does not exist, or that has ended', async () => {
      const unknown = await line.commands.run(['status', 'ann', 'busy']);
      expect(unknown.code).toBe(2);
      expect(unknown.stderr).toContain(
        'Allowed choices are automatic, do-not-disturb, away, invisible',
      );
      expect((await line.commands.run(['status', 'ann', 'away', '--until', 'noon'])).code).toBe(2);
      const past = await line.commands.run([
        'status',
        'ann',
        'away',
        '--until',
        '2020-01-01T00:00Z',
      ]);
      expect(past).toMatchObject({ code: 1 });
      expect(past.stderr).toMatch(/^The service rejects an argument: expires_at /);
      const token = await tokenOf('max');
      const refused = await line.commands.run(['status', 'ann', 'away', '--token', token]);
      expect(refused.stderr).toMatch(/^The token does not permit this call: /);
    });

    it('explains them', async () => {
      await annIsThere();
      const { code, stdout } = await line.commands.run(['explain', 'ann']);
      expect(code).toBe(0);
      expect(stdout).toMatch(
        /^ann is online: the last activity was at [\d:]{8} on desktop, and the idle timeout is 5 min[.]$/m,
      );
      expect(stdout).toContain(sessionId);
      expect(
        JSON.parse((await line.commands.run(['explain', 'ann', '--json'])).stdout),
      ).toMatchObject({
        cause: 'active',
        sessions: [{ sessionId, holdsChannel: true }],
      });
    });

    it('uses no colours where there is no terminal', async () => {
      await annIsThere();
      expect((await line.commands.run(['list'])).stdout).not.toContain('\u001b');
    });
  });

  describe('watch', () => {
    it('has a line for each change', async () => {
      const watch = line.commands.start(['watch', '--user', 'zoe']);
      await watch.says(/^zoe is offline$/m);
      await line.online(await line.server.client('zoe'), { platform: 'web' });
      await watch.says(/^zoe is online, is on web \(connected\)$/m);
      watch.signal('SIGINT');
      expect(await watch.exited).toEqual({ code: 130, signal: null });
      expect(watch.stderr).toBe('');
    });

    it('has a line of JSON for each change, and follows channels', async () => {
      const watch = line.commands.start(['watch', '--json', '--channel', 'lobby']);
      const ann = await line.server.client('ann');
      const { sessionId } = await line.online(ann);
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
      const watch = line.commands.start(['watch', '--user', 'zoe']);
      await watch.says(/zoe is offline/);
      watch.closeOutput();
      await line.online(await line.server.client('zoe'));
      expect(await watch.exited).toEqual({ code: 0, signal: null });
      expect(watch.stderr).toBe('');
    });
  });
});
