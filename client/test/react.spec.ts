import { createPresenceClient, type PresenceClient } from '@presence-service/client';
import type * as Hooks from '@presence-service/client/react';
import type * as React from 'react';
import type { Root } from 'react-dom/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ChangeReason, Sync } from '../src/generated/presence/v1/events_service_pb.js';
import { PresenceStatus } from '../src/generated/presence/v1/presence_pb.js';
import { openDocument, type PageElement } from './support/dom.js';
import { FakeService, told } from './support/fake-service.js';
import { ManualTimers, settled } from './support/manual-timers.js';
import { tokenNumber } from './support/tokens.js';

let dom: ReturnType<typeof openDocument>;
let react: typeof React;
let hooks: typeof Hooks;
let createRoot: (container: Element) => Root;
beforeAll(async () => {
  dom = openDocument();
  react = await import('react');
  ({ createRoot } = await import('react-dom/client'));
  hooks = await import('@presence-service/client/react');
});
afterAll(() => dom.close());

describe('The hooks for React', () => {
  let timers: ManualTimers;
  let service: FakeService;
  let client: PresenceClient;
  let container: PageElement;
  let root: Root;
  /** The components that have rendered. */
  let rendered: string[];

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    timers = new ManualTimers();
    service = new FakeService(() => timers.now());
    const { transport } = service;
    client = createPresenceClient({
      transport,
      token: () => tokenNumber(1),
      timers,
      random: () => 1,
    });
    container = dom.newElement();
    root = createRoot(container);
    rendered = [];
  });
  afterEach(async () => {
    await show();
    client.close();
    vi.useRealTimers();
  });

  /** Renders these components below a provider in StrictMode, and waits until the client has called the service. */
  async function show(
    components: readonly (() => React.ReactNode)[] = [],
    connect?: Hooks.PresenceProviderProps['connect'],
  ): Promise<void> {
    const { StrictMode, createElement } = react;
    const children = components.map((component) =>
      createElement(component, { key: component.name }),
    );
    const props = { client, children, ...(connect !== undefined && { connect }) };
    const page = components.length > 0 && createElement(hooks.PresenceProvider, props);
    await react.act(async () => {
      root.render(createElement(StrictMode, undefined, page));
      await settled();
    });
    await pass(0);
  }

  async function pass(ms: number): Promise<void> {
    await react.act(async () => {
      await vi.advanceTimersByTimeAsync(ms);
      await timers.pass(ms);
    });
  }

  async function send(message: Parameters<typeof told>[0], index = -1): Promise<void> {
    await react.act(async () => {
      service.subscriptions.at(index)!.send(told(message));
      await settled();
    });
  }

  function user(userId: string, version: number, more: object = {}) {
    return { userId, version: BigInt(version), status: PresenceStatus.ONLINE, ...more };
  }

  const event = (presence: object) => ({ presence, reason: ChangeReason.REQUESTED });
  const open = () => service.subscriptions.filter(({ isOver }) => !isOver);

  function Ann(): string {
    rendered.push('Ann');
    return `ann is ${hooks.usePresence('ann')?.status ?? 'unknown'}. `;
  }
  function AnnsText(): string {
    const text = hooks.usePresence('ann', ({ statusText }) => statusText);
    rendered.push('AnnsText');
    return `ann says ${text ?? 'nothing'}. `;
  }
  function Bob(): string {
    rendered.push('Bob');
    return `bob is ${hooks.usePresence('bob')?.status ?? 'unknown'}. `;
  }
  function Members(): string {
    rendered.push('Members');
    return `members: ${hooks.useChannel('lobby').memberIds.join()}. `;
  }
  function Typing(): string {
    rendered.push('Typing');
    return `typing: ${hooks.useChannel('lobby').typingIds.join()}. `;
  }

  it('show users with one subscription, in StrictMode, and from the first message on', async () => {
    await show([Ann, AnnsText, Bob]);
    expect(container.textContent).toBe('ann is unknown. ann says nothing. bob is unknown. ');
    expect(service.subscriptions).toHaveLength(1);
    expect(service.subscription.request.userIds).toEqual(['ann', 'bob']);
    await send({
      snapshot: [user('ann', 1, { statusText: 'hello' }), { userId: 'bob' }],
      sync: Sync.CURRENT,
      resumeToken: 't1',
    });
    expect(container.textContent).toBe('ann is online. ann says hello. bob is online. ');
    expect(service.sessions).toHaveLength(1);
  });

  it('render a component only if what it reads has changed', async () => {
    await show([Ann, AnnsText, Bob]);
    const snapshot = [user('ann', 1), user('bob', 1)];
    await send({ snapshot, sync: Sync.CURRENT, resumeToken: 't1' });
    rendered = [];
    await send({ events: [event(user('ann', 2, { isMicrophoneMuted: true }))] });
    expect(new Set(rendered)).toEqual(new Set(['Ann']));
    await send({ events: [event(user('ann', 3, { statusText: 'lunch' }))] });
    expect(new Set(rendered)).toEqual(new Set(['Ann', 'AnnsText']));
  });

  it('add and remove users of the subscription as components come and go', async () => {
    await show([Ann]);
    await send({ snapshot: [user('ann', 1)], sync: Sync.CURRENT, resumeToken: 't1' });
    service.presences.set('bob', user('bob', 5, { status: PresenceStatus.IDLE }));
    await show([Ann, Bob]);
    await pass(250);
    expect(service.subscription.request).toMatchObject({
      userIds: ['ann', 'bob'],
      resumeToken: 't1',
    });
    expect(container.textContent).toBe('ann is online. bob is idle. ');
    await send({ sync: Sync.CURRENT, resumeToken: 't2' });
    await show([Bob]);
    await pass(999);
    expect(service.subscriptions).toHaveLength(2);
    await pass(251);
    expect(service.subscription.request.userIds).toEqual(['bob']);
    expect(open()).toHaveLength(1);
  });

  it('keep the session while components mount again, and close it when the page has none', async () => {
    await show([Ann]);
    await show();
    await pass(900);
    await show([Ann]);
    await pass(5000);
    expect(service.sessions.map(({ isOver }) => isOver)).toEqual([false]);
    await show();
    await pass(1000);
    expect(service.sessions.map(({ isOver }) => isOver)).toEqual([true]);
    await pass(250);
    expect(open()).toEqual([]);
  });

  it('show the members of a channel and who else is typing, each only when it has changed', async () => {
    await show([Members, Typing]);
    expect(service.subscriptions).toHaveLength(1);
    expect(service.subscription.request.channelIds).toEqual(['lobby']);
    const inLobby = { channelIds: ['lobby'] };
    await send({
      snapshot: [user('ann', 1, inLobby), user('bob', 1, inLobby)],
      sync: Sync.CURRENT,
      resumeToken: 't1',
    });
    expect(container.textContent).toBe('members: ann,bob. typing: . ');
    rendered = [];
    const attributes = { typing: 'lobby' };
    // Ann is the user of the session.
    await send({ events: [event(user('ann', 2, { ...inLobby, attributes }))] });
    expect(rendered).toEqual([]);
    await send({ events: [event(user('bob', 2, { ...inLobby, attributes }))] });
    expect(new Set(rendered)).toEqual(new Set(['Typing']));
    expect(container.textContent).toBe('members: ann,bob. typing: bob. ');
    await send({ events: [event(user('bob', 3, { channelIds: ['attic'], attributes }))] });
    expect(container.textContent).toBe('members: ann. typing: . ');
  });

  it('join a channel while a component is mounted, once in StrictMode', async () => {
    function Viewer(): string {
      return hooks.useChannel('doc', { join: true }).memberIds.join();
    }
    await show([Ann, Viewer]);
    expect(service.heard).toEqual(['joinChannel s1 doc too']);
    await show([Ann]);
    await pass(1000);
    expect(service.heard.filter((call) => call.includes('Channel'))).toEqual([
      'joinChannel s1 doc too',
      'leaveChannel s1 doc',
    ]);
  });

  it('report typing at most every two seconds, and the end of it at once', async () => {
    let lobby: Hooks.Channel | undefined;
    function Composer(): string {
      lobby = hooks.useChannel('lobby');
      return '';
    }
    const now = vi.spyOn(performance, 'now').mockReturnValue(10_000);
    await show([Composer]);
    await lobby!.setTyping(false);
    await lobby!.setTyping(true);
    now.mockReturnValue(11_900);
    await lobby!.setTyping(true);
    now.mockReturnValue(12_000);
    await lobby!.setTyping(true);
    await lobby!.setTyping(false);
    now.mockRestore();
    expect(service.heard).toEqual([
      'updateAttributes s1 typing=lobby for 4000',
      'updateAttributes s1 typing=lobby for 4000',
      'updateAttributes s1 -typing',
    ]);
  });

  it('show the own presence and change it', async () => {
    let mine: Hooks.MyPresence | undefined;
    function Me(): string {
      mine = hooks.useMyPresence();
      return `I am ${mine.presence?.status ?? 'unknown'}`;
    }
    await show([Me]);
    expect(service.subscription.request.userIds).toEqual(['ann']);
    await send({ snapshot: [user('ann', 1)], sync: Sync.CURRENT, resumeToken: 't1' });
    expect(container.textContent).toBe('I am online');
    await mine!.mute({ microphone: true });
    await mine!.setAttributes({ doc: 'budget' });
    await mine!.setStatus('away');
    expect(service.heard.map((call) => call.split(' ')[0])).toEqual([
      'updateMuteState',
      'updateAttributes',
      'updateStatus',
    ]);
  });

  it('count the users of a channel and of all', async () => {
    function Counts(): string {
      return `${hooks.useCount('lobby') ?? '-'} of ${hooks.useCount() ?? '-'}`;
    }
    await show([Counts]);
    expect(container.textContent).toBe('- of -');
    await react.act(async () => {
      for (const stream of service.countStreams) {
        const [channelId] = stream.request.channelIds;
        const scope =
          channelId === undefined ? {} : { scope: { case: 'channelId', value: channelId } };
        stream.send({
          counts: [{ ...scope, total: channelId === undefined ? 9 : 4, byStatus: [] }],
        } as never);
      }
      await settled();
    });
    expect(container.textContent).toBe('4 of 9');
    expect(service.countStreams).toHaveLength(2);
  });

  it('show the state of the connection', async () => {
    function Connection(): string {
      return `${hooks.useConnectionState()} ${hooks.useSession()?.sessionId ?? '-'}`;
    }
    await show([Connection]);
    expect(container.textContent).toBe('online s1');
    await react.act(async () => {
      service.session.fail(new Error('lost'));
      await settled();
    });
    expect(container.textContent).toContain('reconnecting');
    await pass(250);
    expect(container.textContent).toBe('online s2');
  });

  it('watch without a session if the page does not connect', async () => {
    function Connection(): string {
      return hooks.useConnectionState();
    }
    await show([Ann, Connection], false);
    await send({ snapshot: [user('ann', 1)], sync: Sync.CURRENT, resumeToken: 't1' });
    expect(container.textContent).toBe('ann is online. online');
    expect(service.sessions).toEqual([]);
  });

  it('watch nobody for a component that is suspended', async () => {
    let resolve!: (text: string) => void;
    const late = new Promise<string>((done) => (resolve = done));
    function Slow(): string {
      const status = hooks.usePresence('ann')?.status ?? 'unknown';
      return `${react.use(late)} ${status}`;
    }
    function Page(): React.ReactNode {
      const content = react.createElement(Slow);
      return react.createElement(react.Suspense, { fallback: 'wait' }, content);
    }
    await show([Page]);
    expect([container.textContent, service.subscriptions.length]).toEqual(['wait', 0]);
    await react.act(async () => resolve('now'));
    await pass(250);
    expect(container.textContent).toBe('now unknown');
    expect(service.subscription.request.userIds).toEqual(['ann']);
  });

  it('throw without a provider', async () => {
    const root = createRoot(dom.newElement());
    const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
    const render = async () => react.act(async () => root.render(react.createElement(Ann)));
    await expect(render()).rejects.toThrow('There is no PresenceProvider');
    errors.mockRestore();
  });
});
