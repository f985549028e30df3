import { ScalarType } from '@bufbuild/protobuf';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { status, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FanOut } from '../../src/events/fan-out.js';
import { packageDefinition } from '../../src/api/codecs.js';
import * as events from '../../src/api/generated/presence/v1/events_service.pb.js';
import * as moderation from '../../src/api/generated/presence/v1/moderation_service.pb.js';
import * as presence from '../../src/api/generated/presence/v1/presence_service.pb.js';
import * as session from '../../src/api/generated/presence/v1/session_service.pb.js';
import { SessionRegistry } from '../../src/session/session-registry.js';
import { richStatusOf } from '../support/bad-request.js';
import type { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { Service } from '../support/service.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';

const EMOJI = '😀';
const LONG_TEXTS = ['x'.repeat(129), EMOJI.repeat(129), 'x'.repeat(3000)];
const BAD_IDS_IF_ANY = [...LONG_TEXTS, '\0', 'a\tb', 'a\n', '\x7f', 'a\x80', '\x9f'];
const BAD_IDS = ['', ...BAD_IDS_IF_ANY];
const BAD_LISTS = BAD_IDS.map((id) => ['good', id]);
const BAD_PAGE_SIZES = [-1, -(2 ** 31)];
const BAD_PAGE_TOKENS = ['x', '\0', 'x'.repeat(3000), 'AAAAAAAAYQ'];

const MANY_IDS = Array.from({ length: 1001 }, (_, i) => `${i}`);
const BAD_KEYS = ['', 'a b', 'é', 'a\n', '\0', 'a/b', 'x'.repeat(65)];
const BAD_ATTRIBUTES = [
  ...BAD_KEYS.map((key) => new Map([[key, 'value']])),
  new Map([['doc', 'x'.repeat(1025)]]),
  new Map([['doc', EMOJI.repeat(257)]]),
  new Map(Array.from({ length: 101 }, (_, i) => [`${i}`, ''])),
  new Map(Array.from({ length: 33 }, (_, i) => [`${i}`, ''])),
];

/** A field that accepts every value of its type. */
const ANYTHING: unknown[] = [];

/** Times that no google.protobuf.Timestamp can hold. */
const NO_TIMESTAMPS = [
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
const REFUSED: Readonly<Record<string, Readonly<Record<string, unknown[]>>>> = {
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

interface Codec {
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
}

const CODECS = { ...events, ...moderation, ...presence, ...session } as unknown as Readonly<
  Record<string, Codec>
>;

/** Every RPC of the contract, with the fields of its request. */
const RPCS = Object.values(packageDefinition())
  .flatMap((service) => Object.values(service))
  .map(({ path, responseStream, descriptor }) => ({
    rpc: path.replace('/presence.v1.', ''),
    isStream: responseStream,
    codec: CODECS[`${descriptor.name}Request`]!,
    fields: descriptor.input.fields,
  }));

type Rpc = (typeof RPCS)[number];
type Ending = Pick<ServiceError, 'code' | 'details' | 'metadata'>;

describe('A bad request', () => {
  let service: Service;
  let client: Client;
  let admin: Client;
  let marker: { readonly client: Client; readonly sessionId: string; isMuted: boolean };
  let everything: SubscriptionReader;
  let sessionId: string;
  let sessionOfBen: string;

  beforeAll(async () => {
    service = await Service.start();
    admin = await service.client('admin', { isAdmin: true });
    everything = admin.subscribe();
    await everything.beginning();
    client = await service.client('ann');
    ({ sessionId } = await client.connect());
    await client.joinChannel({ sessionId, channelId: 'lobby' });
    ({ sessionId: sessionOfBen } = await (await service.client('ben')).connect());
    const markerClient = await service.client('marker');
    const markerSession = await markerClient.connect();
    marker = { client: markerClient, sessionId: markerSession.sessionId, isMuted: false };
    await everything.nextEvents(4);
  });
  afterAll(() => service.stop());

  /** Encodes a valid request, except for the field that is set to another value. */
  function requestWith({ rpc, codec }: Rpc, field?: string, value?: unknown): Buffer {
    const request = {
      ...codec.decode(new Uint8Array()),
      sessionId,
      userId: 'ann',
      userIds: ['ann'],
      channelId: 'lobby',
      channelIds: ['lobby'],
      fromChannelId: 'lobby',
      toChannelId: 'attic',
      choice: presence.StatusChoice.STATUS_CHOICE_AWAY,
      isMicrophoneMuted: true,
      isSpeakerMuted: undefined,
      target: { $case: 'sessionId', value: sessionId },
    };
    const changed = {
      ...request,
      ...(rpc === 'PresenceService/UpdateStatus' && {
        [field === 'user_id' ? 'sessionId' : 'userId']: '',
      }),
      ...(field !== undefined && { [camelCase(field)]: value }),
      ...(field !== undefined &&
        rpc === 'SessionService/RecordActivity' && {
          target: { $case: camelCase(field), value },
        }),
    };
    return Buffer.from(codec.encode(changed).finish());
  }

  function send({ rpc, isStream }: Rpc, bytes: Buffer, from = client): Promise<Ending> {
    if (isStream) return from.streamWithBytes(rpc, bytes).ended;
    return failureOf(from.callWithBytes(rpc, bytes));
  }

  /** Returns all visible state. */
  async function state() {
    await eventually(() => service.sizeOf(SessionRegistry), 3);
    await eventually(() => service.sizeOf(FanOut), 1);
    return [
      await admin.listSessions({ userId: 'ann' }),
      await admin.listSessions({ userId: 'ben' }),
      await admin.batchGetPresences({ userIds: ['ann', 'ben', 'good', 'x'] }),
      (await admin.listOnlineUsers()).presences.filter(({ userId }) => userId !== 'marker'),
      await admin.listChannelMembers({ channelId: 'lobby' }),
    ];
  }

  /** Runs `attempts`, and expects that they change no state and cause no event. */
  async function withoutATrace(attempts: () => Promise<void>): Promise<void> {
    const before = await state();
    // If an activity was recorded, its time would differ.
    service.clock.advance(1);
    await attempts();
    expect(await state()).toEqual(before);
    marker.isMuted = !marker.isMuted;
    const { client: other, isMuted } = marker;
    await other.updateMuteState({ sessionId: marker.sessionId, isMicrophoneMuted: isMuted });
    expect((await everything.nextEvent()).presence?.userId).toBe('marker');
  }

  function expectViolation(ending: Ending, field: string): void {
    expect(ending.code).toBe(status.INVALID_ARGUMENT);
    const { code, message, types, violations } = richStatusOf(ending);
    expect(code).toBe(status.INVALID_ARGUMENT);
    expect(message).toBe(ending.details);
    expect(types).toEqual(
      ['ErrorInfo', 'BadRequest'].map((name) => `type.googleapis.com/google.rpc.${name}`),
    );
    expect(violations.map((violation) => violation.field)).toEqual([field]);
    expect(message).toBe(`${field} ${violations[0]?.description}`);
    expect(message).toMatch(/^[a-z_]+ (must|may|is|or) [^\0]*$/);
  }

  it('is known for every field of every request', () => {
    const fields = RPCS.map(({ rpc, fields }) => [rpc, fields.map(({ name }) => name).sort()]);
    const tested = Object.entries(REFUSED).map(([rpc, cases]) => [rpc, Object.keys(cases).sort()]);
    expect(Object.fromEntries(tested)).toEqual(Object.fromEntries(fields));
  });

  describe.each(RPCS)('of $rpc', (rpc) => {
    const cases = Object.entries(REFUSED[rpc.rpc]!).filter(([, values]) => values !== ANYTHING);

    it.each(cases)('is INVALID_ARGUMENT for its %s and changes nothing', async (field, values) => {
      await withoutATrace(async () => {
        for (const value of values) {
          expectViolation(await send(rpc, requestWith(rpc, field, value)), field);
        }
      });
    });

    it('is INVALID_ARGUMENT when its bytes are no message', async () => {
      const text = rpc.fields.find(({ scalar }) => scalar === ScalarType.STRING)!;
      const tag = (text.number << 3) | 2;
      const malformed = {
        'a tag without an end': [0xff],
        'a wire type that does not exist': [0x0f],
        'a text that is cut off': [tag, 5, 0x61],
        'a text that is no UTF-8': [tag, 2, 0x61, 0xff],
        'half of a surrogate pair': [tag, 3, 0xed, 0xa0, 0x80],
        'a field without a number': [0x00],
        'the end of a group that has not begun': [0x0c],
        'a group that another ends': [0xa3, 0x01, 0xac, 0x01],
        'a group that does not end': [0xa3, 0x01],
      };
      await withoutATrace(async () => {
        for (const bytes of Object.values(malformed)) {
          expectViolation(await send(rpc, Buffer.from(bytes)), 'request');
        }
      });
    });

    it('is RESOURCE_EXHAUSTED when it is too large', async () => {
      await withoutATrace(async () => {
        const { code } = await send(rpc, Buffer.alloc(6 * 1024 * 1024 + 1));
        expect(code).toBe(status.RESOURCE_EXHAUSTED);
      });
    });
  });

  it('names everything that is wrong with it at once', async () => {
    const error = await failureOf(client.joinChannel({ sessionId: '', channelId: '\0' }));
    const description = 'must be 1 to 128 characters, none of them a control character';
    expect(richStatusOf(error).violations).toEqual([
      { field: 'session_id', description },
      { field: 'channel_id', description },
    ]);
    expect(error.details).toBe(`session_id ${description}; channel_id ${description}`);
  });

  it('of RecordActivity names no user', async () => {
    const error = await failureOf(client.recordActivity({}));
    expectViolation(error, 'target');
    expect(error.details).toBe('target must be a session_id or a user_id');
  });

  it('of UpdateStatus expires now', async () => {
    const now = service.clock.now();
    const expiresAt = { seconds: Math.floor(now / 1000), nanos: (now % 1000) * 1_000_000 };
    const refused = client.updateStatus({ sessionId, choice: 3, expiresAt });
    expectViolation(await failureOf(refused), 'expires_at');
  });

  it.each([
    ['ends in the middle of a number', [0x22, 1, 0x08]],
    ['ends within its first field, at which the request goes on', [0x22, 2, 0x08, 0x80, 0x01]],
    ['holds a field without a number', [0x22, 3, 0x00, 0x18, 0x01]],
    ['holds the end of a group', [0x22, 3, 0x0c, 0x18, 0x01]],
  ])('of UpdateStatus is one whose time %s', async (_what, expiresAt) => {
    const request = { sessionId, choice: 3, statusText: '', expiresAt: undefined, userId: '' };
    const known = presence.UpdateStatusRequest.encode(request).finish();
    await withoutATrace(async () => {
      const bytes = Buffer.concat([known, Buffer.from(expiresAt)]);
      const refused = client.callWithBytes('PresenceService/UpdateStatus', bytes);
      expectViolation(await failureOf(refused), 'request');
    });
  });

  it.each([2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)])(
    'of UpdateStatus is one whose time is %d seconds',
    async (seconds) => {
      const time = new BinaryWriter().uint32(8).int64(seconds).finish();
      const bytes = new BinaryWriter().uint32(10).string(sessionId).uint32(16).int32(3);
      const request = Buffer.from(bytes.uint32(34).bytes(time).finish());
      await withoutATrace(async () => {
        const refused = client.callWithBytes('PresenceService/UpdateStatus', request);
        expectViolation(await failureOf(refused), 'expires_at');
      });
    },
  );

  it.each([
    ['in the middle of a number', [0x1a, 1, 0x81, 0x08, 0x00]],
    ['before its numbers do', [0x1a, 3, 0x01]],
  ])('of ListOnlineUsers is one whose list of statuses ends %s', async (_what, bytes) => {
    const refused = client.callWithBytes('PresenceService/ListOnlineUsers', Buffer.from(bytes));
    expectViolation(await failureOf(refused), 'request');
  });

  it('of UpdateMuteState says that at least one state must be given', async () => {
    const error = await failureOf(client.updateMuteState({ sessionId }));
    expect(error.details).toBe('is_microphone_muted or is_speaker_muted must be given');
  });

  const commands = RPCS.filter(({ rpc, fields }) => {
    return fields.some(({ name }) => name === 'session_id') && rpc !== 'SessionService/EndSession';
  });

  it.each(commands)('of $rpc is NOT_FOUND for a session that is not', async (rpc) => {
    await withoutATrace(async () => {
      for (const id of ['no such session', 'x'.repeat(128), EMOJI.repeat(128)]) {
        const { code, details } = await send(rpc, requestWith(rpc, 'session_id', id));
        expect(code).toBe(status.NOT_FOUND);
        expect(details).toBe('there is no such live session; begin a new one with Connect');
      }
    });
  });

  it.each(commands)('of $rpc is PERMISSION_DENIED for someone else’s session', async (rpc) => {
    await withoutATrace(async () => {
      for (const from of [client, admin]) {
        const ending = await send(rpc, requestWith(rpc, 'session_id', sessionOfBen), from);
        expect(ending.code).toBe(status.PERMISSION_DENIED);
        expect(ending.details).toBe('the session belongs to another user');
      }
    });
  });

  it('of ListSessions, RecordActivity or EndSession is PERMISSION_DENIED for another user', async () => {
    await withoutATrace(async () => {
      const refused = [
        client.listSessions({ userId: 'ben' }),
        client.recordActivity({ target: { $case: 'userId', value: 'ben' } }),
        client.endSession({ sessionId: sessionOfBen }),
      ];
      for (const { code, details } of await Promise.all(refused.map(failureOf))) {
        expect(code).toBe(status.PERMISSION_DENIED);
        expect(details).toBe('the call needs a token with the scope presence:admin');
      }
    });
  });

  it('is UNIMPLEMENTED when there is no such RPC', async () => {
    const error = await failureOf(client.callWithBytes('PresenceService/Vanish', Buffer.alloc(0)));
    expect(error.code).toBe(status.UNIMPLEMENTED);
  });
});

describe('A request at the limit', () => {
  let service: Service;
  let client: Client;
  let sessionId: string;
  beforeAll(async () => {
    service = await Service.start();
    client = await service.client(EMOJI.repeat(128));
    ({ sessionId } = await client.connect({ platform: 'x'.repeat(32) }));
  });
  afterAll(() => service.stop());

  it.each([
    ['128 letters', 'x'.repeat(128)],
    ['128 emoji', EMOJI.repeat(128)],
    ['a space', ' '],
    ['a byte-order mark', '\ufeff'],
    ['a line separator, which is no control character', '\u2028'],
    ['punctuation', '../?&=%00"\'<>;,'],
  ])('may name a user and a channel with %s', async (_what, id) => {
    const { presence: joined } = await client.joinChannel({ sessionId, channelId: id });
    expect(joined?.currentChannelId).toBe(id);
    const { presences } = await client.listChannelMembers({ channelId: id });
    expect(presences).toEqual([joined]);
    expect((await client.getPresence({ userId: id })).presence?.userId).toBe(id);
  });

  it('may name 10,000 users and 1,000 channels with 128 emoji each', async () => {
    const userIds = Array.from({ length: 10_000 }, (_, i) => `${EMOJI.repeat(123)}${10_000 + i}`);
    const subscription = client.subscribe({ userIds, channelIds: userIds.slice(0, 1000) });
    const { snapshot } = await subscription.beginning();
    expect(snapshot.map(({ userId }) => userId)).toEqual(userIds);
    subscription.cancel();
  });

  it('may have a status text of 128 characters that expires in the year 9999', async () => {
    const statusText = EMOJI.repeat(128);
    const expiresAt = { seconds: 253_402_300_799, nanos: 999_999_999 };
    const request = { sessionId, choice: 1, statusText, expiresAt };
    expect((await client.updateStatus(request)).presence?.statusText).toBe(statusText);
  });

  it.each([
    ['right-to-left writing with its marks', '\u202bשלום\u202c \u2067مرحبا\u2069'],
    ['an override of the direction', '\u202eabc'],
    ['emoji joined to one', '👩\u200d🚀'],
    ['spaces and separators', ' a\u00a0b\u2028c '],
  ])('may have a status text of %s, which stays as it is', async (_what, statusText) => {
    const { presence: changed } = await client.updateStatus({ sessionId, choice: 1, statusText });
    expect(changed?.statusText).toBe(statusText);
  });

  it('may carry fields of a later version of the contract', async () => {
    const known = session.HeartbeatRequest.encode({ sessionId }).finish();
    const bytes = Buffer.concat([known, Buffer.from([0xa2, 0x06, 0x01, 0x61])]);
    await client.callWithBytes('SessionService/Heartbeat', bytes);
  });
});

function camelCase(field: string): string {
  return field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function failureOf(call: Promise<unknown>): Promise<ServiceError> {
  return call.then(
    () => Promise.reject(new Error('it was accepted')),
    (error: ServiceError) => error,
  );
}
