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
import { ANYTHING, camelCase, EMOJI, REJECTED } from '../support/bad-values.js';

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
    const tested = Object.entries(REJECTED).map(([rpc, cases]) => [rpc, Object.keys(cases).sort()]);
    expect(Object.fromEntries(tested)).toEqual(Object.fromEntries(fields));
  });

  describe.each(RPCS)('of $rpc', (rpc) => {
    const cases = Object.entries(REJECTED[rpc.rpc]!).filter(([, values]) => values !== ANYTHING);

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

function failureOf(call: Promise<unknown>): Promise<ServiceError> {
  return call.then(
    () => Promise.reject(new Error('it was accepted')),
    (error: ServiceError) => error,
  );
}
