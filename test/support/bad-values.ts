export const EMOJI = '😀';
export const LONG_TEXTS = ['x'.repeat(129), EMOJI.repeat(129), 'x'.repeat(3000)];
export const BAD_IDS_IF_ANY = [...LONG_TEXTS, '\0', 'a\tb', 'a\n', '\x7f', 'a\x80', '\x9f'];
export const BAD_IDS = ['', ...BAD_IDS_IF_ANY];
export const BAD_LISTS = BAD_IDS.map((id) => ['good', id]);
export const BAD_PAGE_SIZES = [-1, -(2 ** 31)];
export const BAD_PAGE_TOKENS = ['x', '\0', 'x'.repeat(3000), 'AAAAAAAAYQ'];

export const MANY_IDS = Array.from({ length: 1001 }, (_, i) => `${i}`);
export const BAD_KEYS = ['', 'a b', 'é', 'a\n', '\0', 'a/b', 'x'.repeat(65)];
export const BAD_ATTRIBUTES = [
  ...BAD_KEYS.map((key) => new Map([[key, 'value']])),
  new Map([['doc', 'x'.repeat(1025)]]),
  new Map([['doc', EMOJI.repeat(257)]]),
  new Map(Array.from({ length: 101 }, (_, i) => [`${i}`, ''])),
  new Map(Array.from({ length: 33 }, (_, i) => [`${i}`, ''])),
];

/** A field that accepts every value of its type. */
export const ANYTHING: unknown[] = [];

/** Times that no google.protobuf.Timestamp can hold. */
export const NO_TIMESTAMPS = [
  { seconds: 1_600_000_000, nanos: -1 },
  { seconds: 1_600_000_000, nanos: 1_000_000_000 },
  { seconds: 253_402_300_800, nanos: 0 },
  { seconds: Number.MAX_SAFE_INTEGER, nanos: 0 },
  { seconds: Number.MIN_SAFE_INTEGER, nanos: 0 },
];

/**
 * The rejected values of every field of every request, by RPC and by the field name in the
 * contract.
 */
export const REJECTED: Readonly<Record<string, Readonly<Record<string, unknown[]>>>> = {
  'SessionService/Connect': {
    platform: ['Desktop', 'a b', 'x'.repeat(33), 'é', 'web\n', '\0', EMOJI],
    is_microphone_muted: ANYTHING,
    is_speaker_muted: ANYTHING,
    require_heartbeats: ANYTHING,
    previous_session_id: BAD_IDS_IF_ANY,
    attributes: BAD_ATTRIBUTES,
    choices: [
      { microphone: { version: 0 } },
      { status: { version: 1, choice: 0 } },
      { status: { version: 1, choice: 5 } },
      { status: { version: 1, choice: 1, expiresAt: { seconds: 1, nanos: -1 } } },
      ...BAD_IDS_IF_ANY.map((statusText) => ({ status: { version: 1, choice: 1, statusText } })),
      ...BAD_IDS.map((channelId) => ({
        channel: { version: 1, clearedVersion: 0, channels: [{ channelId, joinedVersion: 0 }] },
      })),
      {
        channel: {
          version: 1,
          clearedVersion: 0,
          channels: MANY_IDS.map((channelId) => ({ channelId, joinedVersion: 0 })),
        },
      },
    ],
  },
  'SessionService/Heartbeat': { session_id: BAD_IDS },
  'SessionService/RecordActivity': { session_id: BAD_IDS, user_id: BAD_IDS },
  'SessionService/ListSessions': { user_id: BAD_IDS_IF_ANY },
  'SessionService/EndSession': { session_id: BAD_IDS },
  'SessionService/RevokeTokens': { user_id: BAD_IDS, issued_before: NO_TIMESTAMPS },
  'PresenceService/JoinChannel': {
    session_id: BAD_IDS,
    channel_id: BAD_IDS,
    keep_others: ANYTHING,
  },
  'PresenceService/LeaveChannel': { session_id: BAD_IDS, channel_id: BAD_IDS_IF_ANY },
  'PresenceService/UpdateMuteState': {
    session_id: BAD_IDS,
    // Neither field is set.
    is_microphone_muted: [undefined],
    is_speaker_muted: ANYTHING,
  },
  'PresenceService/UpdateStatus': {
    session_id: BAD_IDS,
    choice: [0, 5, -1, 2 ** 31 - 1],
    status_text: BAD_IDS_IF_ANY,
    expires_at: [
      { seconds: 0, nanos: 0 },
      { seconds: -1, nanos: 0 },
      { seconds: 1_600_000_000, nanos: 0 },
      ...NO_TIMESTAMPS,
    ],
    user_id: BAD_IDS_IF_ANY,
  },
  'PresenceService/UpdateAttributes': {
    session_id: BAD_IDS,
    set: BAD_ATTRIBUTES,
    remove: [...BAD_KEYS.map((key) => ['doc', key]), Array.from({ length: 101 }, () => 'doc')],
    expires_in: [
      { seconds: 0, nanos: 0 },
      { seconds: -1, nanos: 0 },
      { seconds: 0, nanos: -1 },
      { seconds: 1, nanos: 1_000_000_000 },
      { seconds: 86_400, nanos: 1 },
      { seconds: Number.MAX_SAFE_INTEGER, nanos: 0 },
      { seconds: Number.MIN_SAFE_INTEGER, nanos: 0 },
    ],
    is_passive: ANYTHING,
  },
  'PresenceService/UpdateHiddenFrom': {
    user_ids: [MANY_IDS, ...BAD_LISTS],
    user_id: BAD_IDS_IF_ANY,
  },
  'PresenceService/GetHiddenFrom': { user_id: BAD_IDS_IF_ANY },
  'PresenceService/CountPresences': {
    channel_ids: [MANY_IDS, ...BAD_LISTS],
    group_ids: [MANY_IDS, ...BAD_LISTS],
  },
  'PresenceService/GetPresence': { user_id: BAD_IDS },
  'PresenceService/ExplainPresence': { user_id: BAD_IDS },
  'PresenceService/BatchGetPresences': {
    user_ids: [[], Array.from({ length: 1001 }, (_, i) => `${i}`), ...BAD_LISTS],
  },
  'PresenceService/ListOnlineUsers': {
    page_size: BAD_PAGE_SIZES,
    page_token: BAD_PAGE_TOKENS,
    statuses: [[0], [6], [-1], [1, 99], new Array<number>(101).fill(1)],
    group_id: BAD_IDS_IF_ANY,
  },
  'PresenceService/ListChannelMembers': {
    channel_id: BAD_IDS,
    page_size: BAD_PAGE_SIZES,
    page_token: BAD_PAGE_TOKENS,
  },
  'EventsService/Subscribe': {
    user_ids: [Array.from({ length: 10_001 }, (_, i) => `${i}`), ...BAD_LISTS],
    channel_ids: [Array.from({ length: 1001 }, (_, i) => `${i}`), ...BAD_LISTS],
    group_ids: [Array.from({ length: 1001 }, (_, i) => `${i}`), ...BAD_LISTS],
    kinds: [[0], [8], [-1], [1, 99], new Array<number>(101).fill(1)],
    resume_token: ['x', '\0', 'x'.repeat(3000), '1', 'a.b.c'],
    skip_snapshot: ANYTHING,
    delivery: [3, -1, 2 ** 31 - 1],
  },
  'EventsService/WatchCounts': {
    channel_ids: [MANY_IDS, ...BAD_LISTS],
    group_ids: [MANY_IDS, ...BAD_LISTS],
  },
  'ModerationService/MuteUser': {
    user_id: BAD_IDS,
    // Neither field is set.
    is_microphone_muted: [undefined],
    is_speaker_muted: ANYTHING,
  },
  'ModerationService/MoveUser': {
    user_id: BAD_IDS,
    from_channel_id: BAD_IDS,
    to_channel_id: BAD_IDS,
  },
  'ModerationService/RemoveUser': { user_id: BAD_IDS, channel_id: BAD_IDS },
};

/** Converts the name of a field in the contract to its name in messages. */
export function camelCase(field: string): string {
  return field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
