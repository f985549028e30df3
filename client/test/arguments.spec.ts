import {
  createPresenceClient,
  PresenceError,
  type PresenceClient,
  type PresenceClientOptions,
  type Session,
} from '@presence-service/client';
import { trackActivity } from '@presence-service/client/activity';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeService } from './support/fake-service.js';
import { ManualTimers, settled } from './support/manual-timers.js';
import { tokenNumber } from './support/tokens.js';

/** A value that TypeScript would reject, but that JavaScript programs can pass by mistake. */
type Anything = never;

function anything(value: unknown): Anything {
  return value as Anything;
}

const NO_IDS = [undefined, null, '', 7, {}, ['ann'], 'x'.repeat(129), 'a\nb', 'a\ud800'];
const NO_LISTS = [null, 'ann', new Set(['ann']), { 0: 'ann', length: 1 }, 7];
const NO_FLAGS = [null, 'no', 0, {}];
const NO_DATES = [
  new Date(NaN),
  new Date(8.64e15),
  new Date(-8.64e15),
  1_700_000_000_000,
  '2030-01-01',
  null,
];
const NO_OPTIONS = [null, 'options', () => {}];
const NO_SIGNALS = [null, new AbortController(), 'abort', {}];
const NO_TIMEOUTS = [0, -1, NaN, Infinity, 2 ** 31, '1000', null];
const NO_PAGE_SIZES = [-1, 1.5, NaN, Infinity, 2 ** 31, '10', null];

const NO_ATTRIBUTES = [
  null,
  'doc',
  { '': 'x' },
  { 'a b': 'x' },
  { ['x'.repeat(65)]: 'x' },
  { a: 1 },
  { a: null },
  { a: 'a\ud800' },
  { a: 'x'.repeat(1025) },
  { a: 'ü'.repeat(513) },
  Object.fromEntries(ids(101).map((id) => [id, 'x'])),
];

const CONSUMING = { position: { load: () => '', save: () => {} }, onEvents: () => {} };

type Call<T> = [what: string, argument: string, values: unknown[], call: Make<T>];
type Make<T> = (subject: T, value: Anything) => unknown;

const OF_CLIENT: Call<PresenceClient>[] = [
  ['get', 'userId', NO_IDS, (client, value) => client.get(value)],
  ['get', 'options', NO_OPTIONS, (client, value) => client.get('ann', value)],
  ['get', 'signal', NO_SIGNALS, (client, value) => client.get('ann', { signal: value })],
  ['getMany', 'userIds', [undefined, ...NO_LISTS], (client, value) => client.getMany(value)],
  ['getMany', 'userIds[1]', NO_IDS, (client, value) => client.getMany(['ann', value])],
  ['getMany', 'userIds', [ids(1001)], (client, value) => client.getMany(value)],
  ['getMany', 'signal', NO_SIGNALS, (client, value) => client.getMany([], { signal: value })],
  ['sessions', 'userId', NO_IDS.slice(3), (client, value) => client.sessions(value)],
  ['sessions', 'options', NO_OPTIONS, (client, value) => client.sessions('', value)],
  ['endSession', 'sessionId', NO_IDS, (client, value) => client.endSession(value)],
  ['endSession', 'options', NO_OPTIONS, (client, value) => client.endSession('s1', value)],
  ['count', 'channelIds', NO_LISTS, (client, value) => client.count(value)],
  ['count', 'channelIds[0]', NO_IDS, (client, value) => client.count([value])],
  ['count', 'options', NO_OPTIONS, (client, value) => client.count([], value)],
  ['count', 'channelIds', [ids(1001)], (client, value) => client.count(value)],
  [
    'count',
    'groups',
    [...NO_LISTS, ids(1001)],
    (client, value) => client.count([], { groups: value }),
  ],
  ['count', 'groups[0]', NO_IDS, (client, value) => client.count([], { groups: [value] })],
  [
    'setHiddenFrom',
    'userIds',
    [...NO_LISTS, ids(1001)],
    (client, value) => client.setHiddenFrom(value),
  ],
  ['setHiddenFrom', 'userIds[1]', NO_IDS, (client, value) => client.setHiddenFrom(['ann', value])],
  [
    'setHiddenFrom',
    'userId',
    NO_IDS.slice(1),
    (client, value) => client.setHiddenFrom([], { userId: value }),
  ],
  [
    'hiddenFrom',
    'userId',
    NO_IDS.slice(1),
    (client, value) => client.hiddenFrom({ userId: value }),
  ],
  ['hiddenFrom', 'options', NO_OPTIONS, (client, value) => client.hiddenFrom(value)],
  ['revokeTokens', 'userId', NO_IDS, (client, value) => client.revokeTokens(value)],
  [
    'revokeTokens',
    'issuedBefore',
    NO_DATES,
    (client, value) => client.revokeTokens('ann', { issuedBefore: value }),
  ],
  ['revokeTokens', 'options', NO_OPTIONS, (client, value) => client.revokeTokens('ann', value)],
  ['muteUser', 'userId', NO_IDS, (client, value) => client.muteUser(value, { speaker: true })],
  ['muteUser', 'what', [undefined, null, {}], (client, value) => client.muteUser('ann', value)],
  ['moveUser', 'userId', NO_IDS, (client, value) => client.moveUser(value, 'a', 'b')],
  ['moveUser', 'fromChannelId', NO_IDS, (client, value) => client.moveUser('ann', value, 'b')],
  ['moveUser', 'toChannelId', NO_IDS, (client, value) => client.moveUser('ann', 'a', value)],
  ['removeUser', 'userId', NO_IDS, (client, value) => client.removeUser(value, 'a')],
  ['removeUser', 'channelId', NO_IDS, (client, value) => client.removeUser('ann', value)],
  ['setStatusOf', 'userId', NO_IDS, (client, value) => client.setStatusOf(value, 'away')],
  ['setStatusOf', 'choice', ['idle', 7], (client, value) => client.setStatusOf('ann', value)],
  ['explain', 'userId', NO_IDS, (client, value) => client.explain(value)],
  ['explain', 'options', NO_OPTIONS, (client, value) => client.explain('ann', value)],
];

const OF_CLIENT_AT_ONCE: Call<PresenceClient>[] = [
  ['watchCounts', 'channelIds', NO_LISTS, (client, value) => client.watchCounts(value)],
  ['watchCounts', 'channelIds[0]', NO_IDS, (client, value) => client.watchCounts([value])],
  ['watchCounts', 'options', NO_OPTIONS, (client, value) => client.watchCounts([], value)],
  [
    'connect',
    'attributes',
    NO_ATTRIBUTES,
    (client, value) => client.connect({ attributes: value }),
  ],
  ['connect', 'options', NO_OPTIONS, (client, value) => client.connect(value)],
  [
    'connect',
    'platform',
    [null, 7, 'Desktop!', 'x'.repeat(33)],
    (client, value) => client.connect({ platform: value }),
  ],
  [
    'connect',
    'microphoneMuted',
    NO_FLAGS,
    (client, value) => client.connect({ microphoneMuted: value }),
  ],
  ['connect', 'speakerMuted', NO_FLAGS, (client, value) => client.connect({ speakerMuted: value })],
  [
    'connect',
    'requireHeartbeats',
    NO_FLAGS,
    (client, value) => client.connect({ requireHeartbeats: value }),
  ],
  ['connect', 'signal', NO_SIGNALS, (client, value) => client.connect({ signal: value })],
  ['watch', 'options', NO_OPTIONS, (client, value) => client.watch(value)],
  ['watch', 'users', [...NO_LISTS, ids(10_001)], (client, value) => client.watch({ users: value })],
  ['watch', 'users[0]', NO_IDS, (client, value) => client.watch({ users: [value] })],
  [
    'watch',
    'channels',
    [...NO_LISTS, ids(1001)],
    (client, value) => client.watch({ channels: value }),
  ],
  ['watch', 'channels[0]', NO_IDS, (client, value) => client.watch({ channels: [value] })],
  ['watch', 'groups', [...NO_LISTS, ids(1001)], (client, value) => client.watch({ groups: value })],
  ['watch', 'groups[0]', NO_IDS, (client, value) => client.watch({ groups: [value] })],
  [
    'watch',
    'groups',
    [['acme']],
    (client, value) => client.watch({ channels: ['lobby'], groups: value }),
  ],
  [
    'watchCounts',
    'groups[0]',
    NO_IDS,
    (client, value) => client.watchCounts([], { groups: [value] }),
  ],
  ['listOnline', 'group', NO_IDS.slice(1), (client, value) => client.listOnline({ group: value })],
  ['watch', 'kinds', NO_LISTS, (client, value) => client.watch({ kinds: value })],
  [
    'watch',
    'kinds[0]',
    ['moved', 'toString', 4],
    (client, value) => client.watch({ kinds: [value] }),
  ],
  ['watch', 'signal', NO_SIGNALS, (client, value) => client.watch({ signal: value })],
  ['consume', 'options', [undefined, ...NO_OPTIONS], (client, value) => client.consume(value)],
  [
    'consume',
    'position',
    [undefined, null, 'file', {}, { load: () => '' }],
    (client, value) => client.consume({ ...CONSUMING, position: value }),
  ],
  [
    'consume',
    'onEvents',
    [undefined, null, {}],
    (client, value) => client.consume({ ...CONSUMING, onEvents: value }),
  ],
  [
    'consume',
    'users',
    [...NO_LISTS, ids(10_001)],
    (client, value) => client.consume({ ...CONSUMING, users: value }),
  ],
  [
    'consume',
    'channels[0]',
    NO_IDS,
    (client, value) => client.consume({ ...CONSUMING, channels: [value] }),
  ],
  [
    'consume',
    'groups',
    [...NO_LISTS, ids(1001)],
    (client, value) => client.consume({ ...CONSUMING, groups: value }),
  ],
  [
    'consume',
    'kinds[0]',
    ['moved', 'toString', 4],
    (client, value) => client.consume({ ...CONSUMING, kinds: [value] }),
  ],
  [
    'consume',
    'signal',
    NO_SIGNALS,
    (client, value) => client.consume({ ...CONSUMING, signal: value }),
  ],
  ['listOnline', 'options', NO_OPTIONS, (client, value) => client.listOnline(value)],
  ['listOnline', 'statuses', NO_LISTS, (client, value) => client.listOnline({ statuses: value })],
  [
    'listOnline',
    'statuses[0]',
    ['busy', 1],
    (client, value) => client.listOnline({ statuses: [value] }),
  ],
  [
    'listOnline',
    'pageSize',
    NO_PAGE_SIZES,
    (client, value) => client.listOnline({ pageSize: value }),
  ],
  ['listOnline', 'signal', NO_SIGNALS, (client, value) => client.listOnline({ signal: value })],
  ['listMembers', 'channelId', NO_IDS, (client, value) => client.listMembers(value)],
  [
    'listMembers',
    'pageSize',
    NO_PAGE_SIZES,
    (client, value) => client.listMembers('a', { pageSize: value }),
  ],
  ['listMembers', 'options', NO_OPTIONS, (client, value) => client.listMembers('a', value)],
];

const OF_SESSION: Call<Session>[] = [
  ['joinChannel', 'channelId', NO_IDS, (session, value) => session.joinChannel(value)],
  ['joinChannel', 'options', NO_OPTIONS, (session, value) => session.joinChannel('a', value)],
  [
    'joinChannel',
    'keepOthers',
    NO_FLAGS,
    (session, value) => session.joinChannel('a', { keepOthers: value }),
  ],
  ['leaveChannel', 'channelId', NO_IDS.slice(1), (session, value) => session.leaveChannel(value)],
  ['setAttributes', 'changes', NO_ATTRIBUTES, (session, value) => session.setAttributes(value)],
  [
    'setAttributes',
    'expiresInMs',
    [0, -1, NaN, Infinity, 86_400_001, '1', null],
    (session, value) => session.setAttributes({ a: 'b' }, { expiresInMs: value }),
  ],
  [
    'setAttributes',
    'passive',
    NO_FLAGS,
    (session, value) => session.setAttributes({ a: 'b' }, { passive: value }),
  ],
  ['leaveChannel', 'options', NO_OPTIONS, (session, value) => session.leaveChannel('a', value)],
  [
    'leaveChannel',
    'signal',
    NO_SIGNALS,
    (session, value) => session.leaveChannel('a', { signal: value }),
  ],
  ['mute', 'what', [undefined, null, true, {}], (session, value) => session.mute(value)],
  ['mute', 'microphone', NO_FLAGS, (session, value) => session.mute({ microphone: value })],
  [
    'mute',
    'speaker',
    NO_FLAGS,
    (session, value) => session.mute({ microphone: true, speaker: value }),
  ],
  [
    'setStatus',
    'choice',
    ['busy', 'constructor', 1, undefined],
    (session, value) => session.setStatus(value),
  ],
  ['setStatus', 'details', [null, 'lunch'], (session, value) => session.setStatus('away', value)],
  [
    'setStatus',
    'text',
    [null, 7, 'x'.repeat(129), 'a\nb'],
    (session, value) => session.setStatus('away', { text: value }),
  ],
  ['setStatus', 'until', NO_DATES, (session, value) => session.setStatus('away', { until: value })],
  ['setStatus', 'options', NO_OPTIONS, (session, value) => session.setStatus('away', {}, value)],
  [
    'recordActivity',
    'signal',
    NO_SIGNALS,
    (session, value) => session.recordActivity({ signal: value }),
  ],
];

function ids(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `user ${i}`);
}

describe('A wrong argument', () => {
  let timers: ManualTimers;
  let service: FakeService;
  let client: PresenceClient;
  beforeEach(() => {
    timers = new ManualTimers();
    service = new FakeService(() => timers.now());
    client = newClient();
  });
  afterEach(() => client.close());

  function newClient(options: Partial<PresenceClientOptions> = {}): PresenceClient {
    const { transport } = service;
    return createPresenceClient({ transport, token: tokenNumber(1), timers, ...options });
  }

  function expectToName(error: unknown, argument: string): void {
    expect(error).toBeInstanceOf(PresenceError);
    const { code, message, violations } = error as PresenceError;
    expect({ code, fields: violations.map(({ field }) => field) }).toEqual({
      code: 'invalid-argument',
      fields: [argument],
    });
    expect(message).toBe(`${argument} ${violations[0]!.description}`);
  }

  function thrownBy(act: () => unknown): unknown {
    try {
      act();
    } catch (error) {
      return error;
    }
    return expect.fail('it was taken');
  }

  async function rejectionOf(act: () => unknown): Promise<unknown> {
    // The function must return a promise, because `.catch()` does not catch a synchronous error.
    return (act() as Promise<unknown>).then(
      () => expect.fail('it was taken'),
      (error: unknown) => error,
    );
  }

  it.each(OF_CLIENT)('of %s is rejected by its name: %s', async (_, argument, values, call) => {
    for (const value of values) {
      expectToName(await rejectionOf(() => call(client, anything(value))), argument);
    }
    expect(service.heard).toEqual([]);
    expect(timers.size).toBe(0);
  });

  it.each(OF_CLIENT_AT_ONCE)(
    'of %s is refused at once by its name: %s',
    (_, argument, values, call) => {
      for (const value of values) {
        expectToName(
          thrownBy(() => call(client, anything(value))),
          argument,
        );
      }
      expect(timers.size).toBe(0);
    },
  );

  it.each(OF_SESSION)('of %s is rejected by its name: %s', async (_, argument, values, call) => {
    const session = client.connect();
    await session.ready;
    for (const value of values) {
      expectToName(await rejectionOf(() => call(session, anything(value))), argument);
    }
    expect(service.heard).toEqual([]);
  });

  it('does not delay other commands, also without a connection', async () => {
    const session = client.connect();
    const wrong = rejectionOf(() => session.setStatus('away', { until: new Date(NaN) }));
    const right = session.joinChannel('lobby');
    await right;
    expectToName(await wrong, 'until');
    expect(service.heard).toEqual(['joinChannel s1 lobby']);
  });

  it('is not made of a right one while it waits', async () => {
    const session = client.connect();
    const until = new Date(service.now() + 1000);
    const done = session.setStatus('away', { until });
    until.setTime(NaN);
    await done;
    expect(service.heard).toEqual(['updateStatus s1 3 ']);
  });

  it.each([
    ['transport', [undefined, null, 'http://localhost', {}, () => undefined]],
    ['token', [undefined, null, 7, '', 'opaque', '<!doctype html>', { token: tokenNumber(1) }]],
    ['timeoutMs', NO_TIMEOUTS],
    ['silenceTimeoutMs', NO_TIMEOUTS],
    ['signal', NO_SIGNALS],
    ['timers', [null, {}, { now: () => 0 }]],
    ['random', [null, 0.5]],
  ])('of a client is rejected at once by its name: %s', (name, values) => {
    for (const value of values) {
      const error = thrownBy(() => newClient({ [name]: value }));
      expectToName(error, name);
      if (typeof value === 'string' && value !== '')
        expect((error as PresenceError).message).not.toContain(value);
    }
  });

  it('instead of the options of a client is rejected at once', () => {
    for (const value of [undefined, ...NO_OPTIONS]) {
      expectToName(
        thrownBy(() => createPresenceClient(anything(value))),
        'options',
      );
    }
  });

  it('instead of an observer is rejected at once', () => {
    const session = client.connect();
    for (const value of [undefined, null, 'next']) {
      expectToName(
        thrownBy(() => session.state.subscribe(anything(value))),
        'observer',
      );
    }
  });

  it.each([
    [
      'session',
      [undefined, null, {}],
      (value: Anything) => trackActivity(value, new EventTarget()),
    ],
    // `undefined` is the default in Node.js, where there is no document.
    ['target', [undefined, null, {}], (value: Anything) => trackActivity(tracked(), value)],
    ['options', [null, 7], (value: Anything) => trackActivity(tracked(), new EventTarget(), value)],
    [
      'everyMs',
      NO_PAGE_SIZES,
      (value: Anything) => trackActivity(tracked(), new EventTarget(), { everyMs: value }),
    ],
    [
      'events',
      NO_LISTS,
      (value: Anything) => trackActivity(tracked(), new EventTarget(), { events: value }),
    ],
  ])('of trackActivity is rejected at once by its name: %s', (name, values, call) => {
    for (const value of values)
      expectToName(
        thrownBy(() => call(anything(value))),
        name,
      );
  });

  function tracked(): Session {
    return client.connect();
  }

  it('is not reported for valid arguments', async () => {
    const session = client.connect({ platform: '', signal: new AbortController().signal });
    await session.ready;
    await session.joinChannel('😀'.repeat(128));
    await session.setStatus('away', { text: '', until: new Date('9999-12-31T23:59:59.999Z') });
    await session.mute({ speaker: false, microphone: undefined as never });
    client.watch({ users: [], channels: ['a'], kinds: ['online'] });
    client.listOnline({ statuses: ['online', 'offline' as never], pageSize: 5000 });
    await settled();
    expect(session.state.value.status).toBe('online');
  });
});
