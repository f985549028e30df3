import fc from './seeded-fast-check.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { partitionOf } from '../../src/store/redis/keys.js';
import type { Client, OpenSession } from './client.js';
import { type TokenOptions } from './service.js';

const {
  STATUS_CHOICE_AUTOMATIC: AUTOMATIC,
  STATUS_CHOICE_INVISIBLE: INVISIBLE,
  STATUS_CHOICE_DO_NOT_DISTURB: BUSY,
} = StatusChoice;
/** The channels that the ghost and bob use. */
export const CHANNELS = ['lobby', 'kitchen'] as const;
/** The interval of heartbeats on streams, in milliseconds. */
export const HEARTBEAT_MS = 600_000;

/**
 * A user whose actions others see. With several nodes, his commits share a partition with those of the ghost, so any visible commit
 * count would reveal the ghost.
 */
export const BOB = Array.from({ length: 1000 }, (_, i) => `bob ${i}`).find(
  (userId) => partitionOf(userId) === partitionOf('ghost'),
)!;

const OBSERVERS = ['eve', 'admin'];

/** The actions of the ghost while the observers do not see it. */
const ACTIONS = {
  join: ({ client, sessionId }) => client.joinChannel({ sessionId, channelId: 'lobby' }),
  move: ({ client, sessionId }) => client.joinChannel({ sessionId, channelId: 'kitchen' }),
  joinToo: ({ client, sessionId }) =>
    client.joinChannel({ sessionId, channelId: 'kitchen', keepOthers: true }),
  leaveOne: ({ client, sessionId }) => client.leaveChannel({ sessionId, channelId: 'lobby' }),
  leave: ({ client, sessionId }) => client.leaveChannel({ sessionId }),
  attribute: ({ client, sessionId }) =>
    client.updateAttributes({ sessionId, set: new Map([['doc', 'plan']]) }),
  attributeOfASecond: ({ client, sessionId }) =>
    client.updateAttributes({
      sessionId,
      set: new Map([['typing', 'yes']]),
      expiresIn: { seconds: 1, nanos: 0 },
      isPassive: true,
    }),
  mute: ({ client, sessionId }) => client.updateMuteState({ sessionId, isSpeakerMuted: true }),
  unmute: ({ client, sessionId }) => client.updateMuteState({ sessionId, isSpeakerMuted: false }),
  act: ({ client, sessionId }) =>
    client.recordActivity({ target: { $case: 'sessionId', value: sessionId } }),
  text: ({ client, sessionId }) =>
    client.updateStatus({ sessionId, choice: INVISIBLE, statusText: 'here' }),
  subscribe: ({ client }) => client.subscribe().beginning(),
  list: ({ client }) => client.listOnlineUsers(),
  count: ({ client }) => client.countPresences(),
  connect: (ghost) => ghost.connect('mobile'),
  disconnect: (ghost) => ghost.disconnect(),
  end: ({ client, sessionId }) => client.endSession({ sessionId }),
  hideFromMore: ({ client }) => client.updateHiddenFrom({ userIds: [...OBSERVERS, BOB] }),
  hideFromLess: ({ client }) => client.updateHiddenFrom({ userIds: OBSERVERS }),
} as const satisfies Record<string, (ghost: Ghost) => Promise<unknown>>;

/** The actions of a ghost whom only the observers do not see. */
const SEEN_BY_OTHERS = {
  appear: ({ client, sessionId }) => client.updateStatus({ sessionId, choice: AUTOMATIC }),
  beBusy: ({ client, sessionId }) => client.updateStatus({ sessionId, choice: BUSY }),
} as const satisfies Record<string, (ghost: Ghost) => Promise<unknown>>;

/** Every action of a ghost. */
export const ALL_ACTIONS = { ...SEEN_BY_OTHERS, ...ACTIONS };
export type Action = keyof typeof ALL_ACTIONS;

/** One step of a history: an action of the ghost or of bob, or time that passes. */
export type Move =
  | { readonly by: 'ghost'; readonly does: Action }
  | { readonly by: 'bob'; readonly isMuted: boolean }
  | { readonly by: 'time'; readonly ms: number }
  | { readonly by: 'silence' };

/** Random moves with these actions of the ghost. */
export function movesWith(actions: readonly Action[]): fc.Arbitrary<Move> {
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        by: fc.constant('ghost' as const),
        does: fc.constantFrom(...actions),
      }),
    },
    fc.record({ by: fc.constant('bob' as const), isMuted: fc.boolean() }),
    fc.record({ by: fc.constant('time' as const), ms: fc.constantFrom(1, 1000, 310_000) }),
    fc.constant({ by: 'silence' as const }),
  );
}

/** Every move at least once. */
export function everyMove(actions: readonly Action[]): Move[] {
  return [
    ...actions.map((does) => ({ by: 'ghost', does }) as const),
    { by: 'time', ms: 310_000 },
    { by: 'silence' },
    { by: 'ghost', does: 'connect' },
    { by: 'bob', isMuted: true },
    { by: 'ghost', does: 'join' },
  ];
}

/** How the ghost disappears, and where. */
export interface Disappearance {
  readonly settings: Readonly<Record<string, string>>;
  readonly token: TokenOptions;
  readonly actions: Readonly<Partial<Record<Action, unknown>>>;
  readonly happens: (ghost: Ghost) => Promise<unknown>;
}

/** The ghost becomes invisible to everyone. */
export const becomesInvisible: Disappearance = {
  settings: {},
  token: {},
  actions: ACTIONS,
  happens: ({ client, sessionId }) => client.updateStatus({ sessionId, choice: INVISIBLE }),
};
/** The ghost hides from the observers. */
export const hides: Disappearance = {
  settings: {},
  token: { grants: { groups: ['all'], join: ['*'] } },
  actions: ALL_ACTIONS,
  happens: ({ client }) => client.updateHiddenFrom({ userIds: OBSERVERS }),
};
/** The ghost hides from the observers, where users see only their groups. */
export const hidesAmongGroups: Disappearance = {
  ...hides,
  settings: { VISIBILITY: 'groups', CHANNEL_ACCESS: 'granted' },
};

/** A user with several sessions. The last one performs the actions. */
export class Ghost {
  private readonly sessions: OpenSession[] = [];

  constructor(readonly client: Client) {}

  get sessionId(): string {
    return this.sessions.at(-1)!.sessionId;
  }

  async connect(platform: string): Promise<void> {
    this.sessions.push(await this.client.connect({ platform }));
  }

  /** Ends the last session. An earlier one continues; without one, further actions are rejected. */
  async disconnect(): Promise<void> {
    const { stream } = this.sessions.at(-1)!;
    stream.cancel();
    await stream.ended;
    if (this.sessions.length > 1) this.sessions.pop();
  }
}
