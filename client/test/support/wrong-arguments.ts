import { type PresenceClient, type Session } from '@presence-service/client';

/** A value that TypeScript would reject, but that JavaScript programs can pass by mistake. */
export type Anything = never;

const ids = (count: number): string[] => Array.from({ length: count }, (_, i) => `user ${i}`);

export const NO_IDS = [undefined, null, '', 7, {}, ['ann'], 'x'.repeat(129), 'a\nb', 'a\ud800'];
export const NO_LISTS = [null, 'ann', new Set(['ann']), { 0: 'ann', length: 1 }, 7];
export const NO_FLAGS = [null, 'no', 0, {}];
export const NO_DATES = [
  new Date(NaN),
  new Date(8.64e15),
  new Date(-8.64e15),
  1_700_000_000_000,
  '2030-01-01',
  null,
];
export const NO_OPTIONS = [null, 'options', () => {}];
export const NO_SIGNALS = [null, new AbortController(), 'abort', {}];
export const NO_TIMEOUTS = [0, -1, NaN, Infinity, 2 ** 31, '1000', null];
export const NO_PAGE_SIZES = [-1, 1.5, NaN, Infinity, 2 ** 31, '10', null];

export const NO_ATTRIBUTES = [
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

export const CONSUMING = { position: { load: () => '', save: () => {} }, onEvents: () => {} };

export type Call<T> = [what: string, argument: string, values: unknown[], call: Make<T>];
export type Make<T> = (subject: T, value: Anything) => unknown;

export const OF_CLIENT: Call<PresenceClient>[] = [
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

export const OF_CLIENT_AT_ONCE: Call<PresenceClient>[] = [
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

export const OF_SESSION: Call<Session>[] = [
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
