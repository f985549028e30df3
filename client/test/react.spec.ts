import type * as Hooks from '@presence-service/client/react';
import type * as React from 'react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ChangeReason, Sync } from '../src/generated/presence/v1/events_service_pb.js';
import { PresenceStatus } from '../src/generated/presence/v1/presence_pb.js';
import { settled } from './support/manual-timers.js';
import { openReactPage } from './support/react-page.js';

describe('The hooks for React', () => {
  const page = openReactPage();
  /** The components that have rendered. */
  let rendered: string[];
  beforeEach(() => void (rendered = []));

  function user(userId: string, version: number, more: object = {}) {
    return { userId, version: BigInt(version), status: PresenceStatus.ONLINE, ...more };
  }

  const event = (presence: object) => ({ presence, reason: ChangeReason.REQUESTED });
  const open = () => page.service.subscriptions.filter(({ isOver }) => !isOver);

  function Ann(): string {
    rendered.push('Ann');
    return `ann is ${page.hooks.usePresence('ann')?.status ?? 'unknown'}. `;
  }
  function AnnsText(): string {
    const text = page.hooks.usePresence('ann', ({ statusText }) => statusText);
    rendered.push('AnnsText');
    return `ann says ${text ?? 'nothing'}. `;
  }
  function Bob(): string {
    rendered.push('Bob');
    return `bob is ${page.hooks.usePresence('bob')?.status ?? 'unknown'}. `;
  }
  function Members(): string {
    rendered.push('Members');
    return `members: ${page.hooks.useChannel('lobby').memberIds.join()}. `;
  }
  function Typing(): string {
    rendered.push('Typing');
    return `typing: ${page.hooks.useChannel('lobby').typingIds.join()}. `;
  }

  it('show users with one subscription, in StrictMode, and from the first message on', async () => {
    await page.show([Ann, AnnsText, Bob]);
    expect(page.container.textContent).toBe('ann is unknown. ann says nothing. bob is unknown. ');
    expect(page.service.subscriptions).toHaveLength(1);
    expect(page.service.subscription.request.userIds).toEqual(['ann', 'bob']);
    await page.send({
      snapshot: [user('ann', 1, { statusText: 'hello' }), { userId: 'bob' }],
      sync: Sync.CURRENT,
      resumeToken: 't1',
    });
    expect(page.container.textContent).toBe('ann is online. ann says hello. bob is online. ');
    expect(page.service.sessions).toHaveLength(1);
  });

  it('render a component only if what it reads has changed', async () => {
    await page.show([Ann, AnnsText, Bob]);
    const snapshot = [user('ann', 1), user('bob', 1)];
    await page.send({ snapshot, sync: Sync.CURRENT, resumeToken: 't1' });
    rendered = [];
    await page.send({ events: [event(user('ann', 2, { isMicrophoneMuted: true }))] });
    expect(new Set(rendered)).toEqual(new Set(['Ann']));
    await page.send({ events: [event(user('ann', 3, { statusText: 'lunch' }))] });
    expect(new Set(rendered)).toEqual(new Set(['Ann', 'AnnsText']));
  });

  it('add and remove users of the subscription as components come and go', async () => {
    await page.show([Ann]);
    await page.send({ snapshot: [user('ann', 1)], sync: Sync.CURRENT, resumeToken: 't1' });
    page.service.presences.set('bob', user('bob', 5, { status: PresenceStatus.IDLE }));
    await page.show([Ann, Bob]);
    await page.pass(250);
    expect(page.service.subscription.request).toMatchObject({
      userIds: ['ann', 'bob'],
      resumeToken: 't1',
    });
    expect(page.container.textContent).toBe('ann is online. bob is idle. ');
    await page.send({ sync: Sync.CURRENT, resumeToken: 't2' });
    await page.show([Bob]);
    await page.pass(999);
    expect(page.service.subscriptions).toHaveLength(2);
    await page.pass(251);
    expect(page.service.subscription.request.userIds).toEqual(['bob']);
    expect(open()).toHaveLength(1);
  });

  it('keep the session while components mount again, and close it when the page has none', async () => {
    await page.show([Ann]);
    await page.show();
    await page.pass(900);
    await page.show([Ann]);
    await page.pass(5000);
    expect(page.service.sessions.map(({ isOver }) => isOver)).toEqual([false]);
    await page.show();
    await page.pass(1000);
    expect(page.service.sessions.map(({ isOver }) => isOver)).toEqual([true]);
    await page.pass(250);
    expect(open()).toEqual([]);
  });

  it('show the members of a channel and who else is typing, each only when it has changed', async () => {
    await page.show([Members, Typing]);
    expect(page.service.subscriptions).toHaveLength(1);
    expect(page.service.subscription.request.channelIds).toEqual(['lobby']);
    const inLobby = { channelIds: ['lobby'] };
    await page.send({
      snapshot: [user('ann', 1, inLobby), user('bob', 1, inLobby)],
      sync: Sync.CURRENT,
      resumeToken: 't1',
    });
    expect(page.container.textContent).toBe('members: ann,bob. typing: . ');
    rendered = [];
    const attributes = { typing: 'lobby' };
    // Ann is the user of the session.
    await page.send({ events: [event(user('ann', 2, { ...inLobby, attributes }))] });
    expect(rendered).toEqual([]);
    await page.send({ events: [event(user('bob', 2, { ...inLobby, attributes }))] });
    expect(new Set(rendered)).toEqual(new Set(['Typing']));
    expect(page.container.textContent).toBe('members: ann,bob. typing: bob. ');
    await page.send({ events: [event(user('bob', 3, { channelIds: ['attic'], attributes }))] });
    expect(page.container.textContent).toBe('members: ann. typing: . ');
  });

  it('join a channel while a component is mounted, once in StrictMode', async () => {
    function Viewer(): string {
      return page.hooks.useChannel('doc', { join: true }).memberIds.join();
    }
    await page.show([Ann, Viewer]);
    expect(page.service.heard).toEqual(['joinChannel s1 doc too']);
    await page.show([Ann]);
    await page.pass(1000);
    expect(page.service.heard.filter((call) => call.includes('Channel'))).toEqual([
      'joinChannel s1 doc too',
      'leaveChannel s1 doc',
    ]);
  });

  it('report typing at most every two seconds, and the end of it at once', async () => {
    let lobby: Hooks.Channel | undefined;
    function Composer(): string {
      lobby = page.hooks.useChannel('lobby');
      return '';
    }
    const now = vi.spyOn(performance, 'now').mockReturnValue(10_000);
    await page.show([Composer]);
    await lobby!.setTyping(false);
    await lobby!.setTyping(true);
    now.mockReturnValue(11_900);
    await lobby!.setTyping(true);
    now.mockReturnValue(12_000);
    await lobby!.setTyping(true);
    await lobby!.setTyping(false);
    now.mockRestore();
    expect(page.service.heard).toEqual([
      'updateAttributes s1 typing=lobby for 4000',
      'updateAttributes s1 typing=lobby for 4000',
      'updateAttributes s1 -typing',
    ]);
  });

  it('show the own presence and change it', async () => {
    let mine: Hooks.MyPresence | undefined;
    function Me(): string {
      mine = page.hooks.useMyPresence();
      return `I am ${mine.presence?.status ?? 'unknown'}`;
    }
    await page.show([Me]);
    expect(page.service.subscription.request.userIds).toEqual(['ann']);
    await page.send({ snapshot: [user('ann', 1)], sync: Sync.CURRENT, resumeToken: 't1' });
    expect(page.container.textContent).toBe('I am online');
    await mine!.mute({ microphone: true });
    await mine!.setAttributes({ doc: 'budget' });
    await mine!.setStatus('away');
    expect(page.service.heard.map((call) => call.split(' ')[0])).toEqual([
      'updateMuteState',
      'updateAttributes',
      'updateStatus',
    ]);
  });

  it('count the users of a channel and of all', async () => {
    function Counts(): string {
      return `${page.hooks.useCount('lobby') ?? '-'} of ${page.hooks.useCount() ?? '-'}`;
    }
    await page.show([Counts]);
    expect(page.container.textContent).toBe('- of -');
    await page.react.act(async () => {
      for (const stream of page.service.countStreams) {
        const [channelId] = stream.request.channelIds;
        const scope =
          channelId === undefined ? {} : { scope: { case: 'channelId', value: channelId } };
        stream.send({
          counts: [{ ...scope, total: channelId === undefined ? 9 : 4, byStatus: [] }],
        } as never);
      }
      await settled();
    });
    expect(page.container.textContent).toBe('4 of 9');
    expect(page.service.countStreams).toHaveLength(2);
  });

  it('show the state of the connection', async () => {
    function Connection(): string {
      return `${page.hooks.useConnectionState()} ${page.hooks.useSession()?.sessionId ?? '-'}`;
    }
    await page.show([Connection]);
    expect(page.container.textContent).toBe('online s1');
    await page.react.act(async () => {
      page.service.session.fail(new Error('lost'));
      await settled();
    });
    expect(page.container.textContent).toContain('reconnecting');
    await page.pass(250);
    expect(page.container.textContent).toBe('online s2');
  });

  it('watch without a session if the page does not connect', async () => {
    function Connection(): string {
      return page.hooks.useConnectionState();
    }
    await page.show([Ann, Connection], false);
    await page.send({ snapshot: [user('ann', 1)], sync: Sync.CURRENT, resumeToken: 't1' });
    expect(page.container.textContent).toBe('ann is online. online');
    expect(page.service.sessions).toEqual([]);
  });

  it('open no stream for a component that is suspended', async () => {
    let resolve!: (text: string) => void;
    const late = new Promise<string>((done) => (resolve = done));
    function Slow(): string {
      const status = page.hooks.usePresence('ann')?.status ?? 'unknown';
      return `${page.react.use(late)} ${status}`;
    }
    function Page(): React.ReactNode {
      const content = page.react.createElement(Slow);
      return page.react.createElement(page.react.Suspense, { fallback: 'wait' }, content);
    }
    await page.show([Page]);
    expect([page.container.textContent, page.service.subscriptions.length]).toEqual(['wait', 0]);
    await page.react.act(async () => resolve('now'));
    await page.pass(250);
    expect(page.container.textContent).toBe('now unknown');
    expect(page.service.subscription.request.userIds).toEqual(['ann']);
  });

  it('throw without a provider', async () => {
    const root = page.newRoot();
    const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
    const render = async () =>
      page.react.act(async () => root.render(page.react.createElement(Ann)));
    await expect(render()).rejects.toThrow('There is no PresenceProvider');
    errors.mockRestore();
  });
});
