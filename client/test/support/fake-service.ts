import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { durationMs, timestampDate, timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  Code,
  ConnectError,
  createRouterTransport,
  type HandlerContext,
  type Transport,
} from '@connectrpc/connect';
import type { KnownErrorReason } from '@presence-service/client';
import { ErrorInfoSchema } from '../../src/generated/google/rpc/error_details_pb.js';
import {
  EventsService,
  SubscribeResponseSchema,
  type SubscribeRequest,
  type SubscribeResponse,
  type WatchCountsRequest,
  type WatchCountsResponse,
} from '../../src/generated/presence/v1/events_service_pb.js';
import { ModerationService } from '../../src/generated/presence/v1/moderation_service_pb.js';
import {
  PresenceCountSchema,
  PresenceSchema,
  PresenceStatus,
} from '../../src/generated/presence/v1/presence_pb.js';
import {
  ChoicesSchema,
  PresenceService,
} from '../../src/generated/presence/v1/presence_service_pb.js';
import {
  ConnectResponseSchema,
  SessionService,
  type ConnectRequest,
  type ConnectResponse,
} from '../../src/generated/presence/v1/session_service_pb.js';

/** An open stream of the fake service. */
export class FakeStream<Request, Message> {
  private readonly queue: Message[] = [];
  private failure: Error | undefined;
  private wake = (): void => {};
  isOver = false;

  constructor(
    readonly request: Request,
    readonly token: string,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => this.wake());
  }

  /** The number of messages that the client has not read yet. */
  get unread(): number {
    return this.queue.length;
  }

  send(message: Message): void {
    this.queue.push(message);
    this.wake();
  }

  fail(error: Error): void {
    this.failure = error;
    this.wake();
  }

  async *messages(): AsyncGenerator<Message> {
    try {
      for (;;) {
        while (this.queue.length > 0) yield this.queue.shift()!;
        if (this.failure !== undefined) throw this.failure;
        if (this.signal.aborted) return;
        await new Promise<void>((resolve) => (this.wake = resolve));
      }
    } finally {
      this.isOver = true;
    }
  }
}

export type SessionOfFake = FakeStream<ConnectRequest, ConnectResponse>;
export type CountsOfFake = FakeStream<WatchCountsRequest, WatchCountsResponse>;
export type SubscriptionOfFake = FakeStream<SubscribeRequest, SubscribeResponse>;

/** A service in memory that a test controls. It records the requests that it receives. */
export class FakeService {
  readonly sessions: SessionOfFake[] = [];
  readonly subscriptions: SubscriptionOfFake[] = [];
  readonly countStreams: CountsOfFake[] = [];
  /** The counts of `countPresences`. */
  counts: MessageInitShape<typeof PresenceCountSchema>[] = [];
  /** The presences of `batchGetPresences`, by user id. */
  readonly presences = new Map<string, MessageInitShape<typeof PresenceSchema>>();
  /** The received commands, as text. */
  readonly heard: string[] = [];
  /** The errors with which the next calls fail, by method name. */
  readonly failures = new Map<string, Error[]>();
  /** The fields with which sessions start, besides their ids. */
  beginning: { heartbeatTimeoutMs?: number } = {};
  /** The choices of the user that the service reports whenever it is asked. */
  choices: MessageInitShape<typeof ChoicesSchema> = {};

  constructor(private readonly elapsed: () => number) {}

  /** The time of the service, in milliseconds since 1970. The device does not know it. */
  now(): number {
    return Date.UTC(2030, 0) + this.elapsed();
  }

  readonly transport: Transport = createRouterTransport((router) => {
    router.service(SessionService, {
      connect: (request, context) => this.connect(request, context),
      heartbeat: ({ sessionId }) => this.answer('heartbeat', sessionId, {}),
      revokeTokens: ({ userId, issuedBefore }) => {
        const moment = issuedBefore && timestampDate(issuedBefore).toISOString();
        return this.answer('revokeTokens', `${userId} ${moment ?? 'now'}`, { endedSessions: 3 });
      },
      recordActivity: ({ target }) => this.answer('recordActivity', `${target.value}`),
    });
    router.service(PresenceService, {
      joinChannel: ({ sessionId, channelId, keepOthers }) =>
        this.answer('joinChannel', `${sessionId} ${channelId}${keepOthers ? ' too' : ''}`),
      leaveChannel: ({ sessionId, channelId }) =>
        this.answer('leaveChannel', `${sessionId} ${channelId}`.trimEnd()),
      updateAttributes: ({ sessionId, set, remove, expiresIn, isPassive }) => {
        const changes = [
          ...Object.entries(set).map(([key, value]) => `${key}=${value}`),
          ...remove.map((key) => `-${key}`),
          expiresIn && `for ${durationMs(expiresIn)}`,
          isPassive && 'passive',
        ];
        return this.answer('updateAttributes', [sessionId, ...changes].filter(Boolean).join(' '));
      },
      countPresences: ({ channelIds, groupIds }) => {
        const places = [...channelIds, ...groupIds.map((groupId) => `group ${groupId}`)];
        return this.answer('countPresences', places.join(' '), { counts: this.counts });
      },
      listOnlineUsers: ({ groupId, pageToken }) =>
        this.answer('listOnlineUsers', `${groupId} ${pageToken}`.trim(), {
          presences: [ONLINE],
          nextPageToken: pageToken === '' ? 'page 2' : '',
        }),
      updateHiddenFrom: ({ userId, userIds }) =>
        this.answer('updateHiddenFrom', [userId || '-', ...userIds].join(' '), {}),
      getHiddenFrom: ({ userId }) =>
        this.answer('getHiddenFrom', userId || '-', { userIds: ['bob', 'cat'] }),
      updateStatus: ({ sessionId, userId, choice, statusText }) =>
        this.answer('updateStatus', `${sessionId || userId} ${choice} ${statusText}`),
      updateMuteState: ({ sessionId, isMicrophoneMuted }) =>
        this.answer('updateMuteState', `${sessionId} ${isMicrophoneMuted}`),
      batchGetPresences: ({ userIds }) =>
        this.answer('batchGetPresences', userIds.join(' '), {
          presences: userIds.map((userId) => this.presences.get(userId) ?? { userId }),
        }),
      getPresence: (_, context) => this.answer('getPresence', tokenOf(context)),
    });
    router.service(ModerationService, {
      muteUser: ({ userId, isMicrophoneMuted, isSpeakerMuted }) =>
        this.answer('muteUser', `${userId} ${isMicrophoneMuted} ${isSpeakerMuted}`),
      moveUser: ({ userId, fromChannelId, toChannelId }) =>
        this.answer('moveUser', `${userId} ${fromChannelId} ${toChannelId}`),
      removeUser: ({ userId, channelId }) => this.answer('removeUser', `${userId} ${channelId}`),
    });
    router.service(EventsService, {
      watchCounts: (request, context) => {
        this.refuse('watchCounts');
        const stream: CountsOfFake = this.open(request, context);
        this.countStreams.push(stream);
        return stream.messages();
      },
      subscribe: (request, context) => {
        this.refuse('subscribe');
        const stream: SubscriptionOfFake = this.open(request, context);
        this.subscriptions.push(stream);
        return stream.messages();
      },
    });
  });

  /** The session that started last. */
  get session(): SessionOfFake {
    return this.sessions.at(-1)!;
  }

  get subscription(): SubscriptionOfFake {
    return this.subscriptions.at(-1)!;
  }

  failNext(method: string, ...errors: Error[]): void {
    this.failures.set(method, [...(this.failures.get(method) ?? []), ...errors]);
  }

  private connect(request: ConnectRequest, context: HandlerContext) {
    this.refuse('connect');
    const stream: SessionOfFake = this.open(request, context);
    this.sessions.push(stream);
    const { heartbeatTimeoutMs = 0 } = this.beginning;
    stream.send(
      create(ConnectResponseSchema, {
        body: {
          case: 'sessionStarted',
          value: {
            session: {
              sessionId: `s${this.sessions.length}`,
              connectedAt: timestampFromMs(this.now()),
            },
            presence: ONLINE,
            heartbeatTimeoutMs,
            choices: this.choices,
          },
        },
      }),
    );
    return stream.messages();
  }

  private open<Request, Message>(
    request: Request,
    context: HandlerContext,
  ): FakeStream<Request, Message> {
    return new FakeStream(request, tokenOf(context), context.signal);
  }

  private answer(method: string, words: string, response?: object) {
    this.heard.push(`${method} ${words}`);
    this.refuse(method);
    return response ?? { presence: ONLINE, choices: this.choices };
  }

  private refuse(method: string): void {
    const error = this.failures.get(method)?.shift();
    if (error !== undefined) throw error;
  }
}

const ONLINE = { userId: 'ann', status: PresenceStatus.ONLINE };

function tokenOf({ requestHeader }: HandlerContext): string {
  return requestHeader.get('authorization')!.replace('Bearer ', '');
}

/** An error with a reason, as the service sends it. */
export function rejection(code: Code, reason: KnownErrorReason): ConnectError {
  const details = [{ desc: ErrorInfoSchema, value: { domain: 'presence.v1', reason } }];
  return new ConnectError(`rejected: ${reason}`, code, undefined, details);
}

export const revoked = (): ConnectError => rejection(Code.Unauthenticated, 'TOKEN_REVOKED');

/** A message without content, which only proves that the stream is open. */
export const heartbeat: ConnectResponse = create(ConnectResponseSchema, {});

export function chosen(choices: MessageInitShape<typeof ChoicesSchema>): ConnectResponse {
  return create(ConnectResponseSchema, {
    body: { case: 'choices', value: create(ChoicesSchema, choices) },
  });
}

export function draining(reconnectAfterMs: number): ConnectResponse {
  return create(ConnectResponseSchema, {
    body: { case: 'sessionDraining', value: { reconnectAfterMs } },
  });
}

export function told(message: MessageInitShape<typeof SubscribeResponseSchema>): SubscribeResponse {
  return create(SubscribeResponseSchema, message);
}
