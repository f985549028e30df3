import { describe, expect, it } from 'vitest';
import type { ChildProgram } from '../support/child-program.js';
import type { OpenSession } from '../support/client.js';
import { useCommandLine } from '../support/command-line.js';
import { statusOf } from '../support/in-words.js';
import { onTerminal } from '../support/pseudo-terminal.js';

describe('The command line on a terminal', () => {
  const line = useCommandLine();

  function start(args: readonly string[], settings: Record<string, string> = {}): ChildProgram {
    const all = { TERM: 'xterm-256color', ...line.settings, ...settings };
    return line.commands.adopt(line.build.command(args, all, onTerminal));
  }

  /** Connects a user until the end of the test. */
  async function online(userId: string): Promise<OpenSession> {
    return line.online(await line.server.client(userId), { platform: 'web' });
  }

  /** Types keys, and waits until the program prints the expected output. */
  async function type(program: ChildProgram, keys: string, answer: RegExp): Promise<void> {
    const before = program.output.length;
    program.type(keys);
    await program.says(new RegExp(`(?<=^[^]{${before},})${answer.source}`, answer.flags));
  }

  // A mute state outlasts the session, so each test has its own users.
  const presenceOf = async (userId: string) => (await line.admin.getPresence({ userId })).presence;

  it('has keys to move, to mute, to set status and text, and to quit', async () => {
    const ann = start(['connect', 'ann'], { NO_COLOR: '1' });
    await ann.says(/j join a channel .* q quit/);

    await type(ann, 'j', /Channel: /);
    await type(ann, 'lobby\r', /You \(ann\) are online, in lobby/);
    await type(ann, 'm', /microphone muted/);
    await type(ann, 's', /microphone muted, speaker muted/);
    await type(ann, 'm', /, speaker muted/);
    await type(ann, 't', /Text: /);
    await type(ann, 'tea time\r', /with the status text "tea time"/);
    await type(ann, 'd', /are do-not-disturb, .* with the status text "tea time"/);
    expect(await presenceOf('ann')).toMatchObject({
      currentChannelId: 'lobby',
      isMicrophoneMuted: false,
      isSpeakerMuted: true,
      statusText: 'tea time',
      platforms: ['terminal'],
    });
    expect(statusOf(await presenceOf('ann'))).toBe('DO_NOT_DISTURB');

    await type(ann, 'a', /are away/);
    await type(ann, 'o', /are online/);
    await type(ann, 'i', /are online/);
    expect(statusOf(await presenceOf('ann'))).toBe('OFFLINE');
    await type(ann, 'o', /are online/);
    await type(ann, 'l', /are online, on terminal/);
    await type(ann, '?', /j join a channel/);
    ann.type('q');
    expect(await ann.exited).toEqual({ code: 0, signal: null });
  });

  it('has keys for several channels and for attributes', async () => {
    const cem = start(['connect', 'cem', '--set', 'page=7'], { NO_COLOR: '1' });
    await cem.says(/q quit/);
    await type(cem, 'k', /Channel: /);
    await type(cem, 'lobby\r', /You \(cem\) are online, in lobby, on terminal, page=7/);
    await type(cem, 'k', /Channel: /);
    await type(cem, 'garden\r', /in garden and lobby/);
    await type(cem, '=', /key=value, or key: /);
    await type(cem, 'doc=plan\r', /doc=plan, page=7/);
    await type(cem, 'x', /Channel: /);
    await type(cem, 'lobby\r', /You \(cem\) are online, in garden, on terminal, doc=plan/);
    await type(cem, '=', /key=value, or key: /);
    await type(cem, 'doc\r', /on terminal, page=7/);
    cem.type('q');
    expect(await cem.exited).toEqual({ code: 0, signal: null });
  });

  it('reports a command that failed, and continues', async () => {
    const ann = start(['connect', 'ben']);
    await ann.says(/q quit/);
    await type(ann, 'j', /Channel: /);
    await type(ann, '\r', /The service rejects an argument: channelId/);
    await type(ann, 'm', /microphone muted/);
  });

  it('shows events of others only after the typed line is complete', async () => {
    const ann = start(['connect', 'ann']);
    await ann.says(/q quit/);
    await type(ann, 'j', /Channel: /);
    await type(ann, 'lob', /lob/);
    const events = line.admin.subscribe({ userIds: ['bob'] });
    await events.beginning();
    const bob = await line.server.client('bob');
    const { sessionId } = await line.online(bob, { platform: 'web' });
    await bob.joinChannel({ sessionId, channelId: 'garden' });
    // Other subscribers have received the events, so ann most likely has too.
    await events.nextEvents(2);
    await type(ann, 'by', /by/);
    expect(ann.output).not.toContain('garden');
    await type(ann, '\r', /in lobby/);
    await ann.says(/bob.* joined garden/);
    events.cancel();
  });

  it.each(['while it waits for a key', 'while a line is typed'])(
    'is interrupted by Ctrl-C %s',
    async (when) => {
      const ann = start(['connect', 'ann']);
      await ann.says(/q quit/);
      if (when.includes('line')) await type(ann, 'j', /Channel: /);
      ann.type('\u0003');
      expect(await ann.exited).toEqual({ code: 130, signal: null });
    },
  );

  it('keeps a table up to date, in place', async () => {
    const watch = start(['watch', '--user', 'cat', 'dan'], { NO_COLOR: '1' });
    await watch.says(/2 users, live/);
    await watch.says(/cat +offline[^]*dan +offline/);
    await online('cat');
    // The output moves up to the heading and overwrites the old lines.
    await watch.says(/\[4A[^]*\[0J[^]*2 users, live[^]*cat +online +web/);
    watch.type('\u0003');
    expect(await watch.exited).toEqual({ code: 130, signal: null });
    // The cursor is visible again.
    expect(watch.output.trimEnd().endsWith('\u001b[?25h')).toBe(true);
  });

  it('cuts a table off that is longer than the terminal', async () => {
    const users = Array.from({ length: 20 }, (_, i) => `user-${i}`);
    const watch = start(['watch', '--user', ...users], { NO_COLOR: '1' });
    await watch.says(/20 users, live[^]*… 14 more/);
  });

  it('colours its output, unless NO_COLOR is set', async () => {
    await online('eve');
    for (const [settings, isColoured] of [
      [{}, true],
      [{ NO_COLOR: '1' }, false],
    ] as const) {
      const list = start(['list'], settings);
      await list.exited;
      expect(list.output).toContain('eve');
      expect(list.output.includes('\u001b[32monline')).toBe(isColoured);
    }
  });
});
