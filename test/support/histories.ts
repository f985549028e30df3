import fc from './seeded-fast-check.js';
import type { RememberedChoices } from '../../src/domain/choices.js';
import type { Input, TokenGrants } from '../../src/domain/input.js';
import type { Policy } from '../../src/domain/policy.js';
import { RejectedError } from '../../src/domain/rejected-error.js';
import { step, type Step } from '../../src/domain/step.js';
import { newUser, type User } from '../../src/domain/user.js';
import { ADMIN, POLICY, type Line } from './play.js';

/** All times are multiples of this, so that a test can check every possible time. */
export const TICK_MS = 10;

/** An action of one device of a user, before its session is known. */
interface Move {
  readonly ticks: number;
  readonly device: number;
  readonly does: (sessionId: string, now: number) => Input;
}

const DEVICES = 3;

const flag = fc.option(fc.boolean(), { nil: undefined });
/** Versions near those that the rules have assigned. */
const versionOf = (now: number, ticksAgo: number): number => (now - ticksAgo * TICK_MS) * 1000;
const age = fc.integer({ min: -5, max: 30 });

const remembered = fc.option(
  fc.record({
    status: fc.option(
      fc.record({ age, choice: fc.constantFrom('AUTOMATIC', 'AWAY', 'INVISIBLE') }),
      { nil: undefined },
    ),
    microphone: fc.option(fc.record({ age, isMuted: fc.boolean() }), { nil: undefined }),
    channel: fc.option(
      fc.record({
        age,
        clearedEarlier: fc.integer({ min: 0, max: 20 }),
        channels: fc.uniqueArray(
          fc.record({
            joinedEarlier: fc.integer({ min: -5, max: 20 }),
            channelId: fc.constantFrom('attic', 'kitchen', 'lobby'),
            isHeld: fc.boolean(),
          }),
          { selector: ({ channelId }) => channelId, maxLength: 3 },
        ),
      }),
      { nil: undefined },
    ),
  }),
  { nil: undefined },
);

/** The viewers from whom the user of a history hides at times. `alice` is the user. */
const viewerIds = fc.subarray(['alice', 'bob', 'carol']);

/** The grants of most tokens restrict nothing. */
const token = fc.option(
  fc.record({
    groups: fc.subarray(['acme', 'globex']),
    isRestricted: fc.boolean(),
  }),
  { nil: undefined, freq: 1 },
);

const expiry = fc.option(fc.integer({ min: -1, max: 200 }), { nil: undefined });

const deeds: fc.Arbitrary<Move['does']> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({
        node: fc.constantFrom('node-1', 'node-2'),
        platform: fc.constantFrom('desktop', 'mobile'),
        isMicrophoneMuted: flag,
        isSpeakerMuted: flag,
        requireHeartbeats: fc.boolean(),
        attributes: fc
          .dictionary(fc.constantFrom('doc', 'typing'), fc.constantFrom('1', '2'))
          .map((set) => new Map(Object.entries(set))),
        remembered,
        isSecond: fc.boolean(),
        ttl: fc.option(fc.integer({ min: 1, max: 300 }), { nil: undefined }),
        token,
      })
      .map(
        ({ ttl, isSecond, remembered: asked, token: granted, ...details }) =>
          (sessionId: string, now: number) => ({
            type: 'connect' as const,
            sessionId,
            tokenExpiresAt: ttl && now + ttl * TICK_MS,
            previousSessionId: isSecond ? sessionBefore(sessionId) : undefined,
            remembered: asked && rememberedAt(now, asked),
            ...(granted && { token: grantsAt(now, granted) }),
            ...details,
          }),
      ),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom('DISCONNECTED', 'CONNECTION_LOST', 'SESSION_ENDED', 'TOKEN_EXPIRED')
      .map((cause) => (sessionId: string) => ({ type: 'disconnect' as const, sessionId, cause })),
  },
  {
    weight: 3,
    arbitrary: viewerIds.map((userIds) => () => ({ type: 'hideFrom' as const, userIds })),
  },
  // Tokens are issued at whole seconds, up to one second before they are used.
  fc.integer({ min: -150, max: 10 }).map((ticks) => (_: string, now: number) => ({
    type: 'revokeTokens' as const,
    issuedBefore: now + ticks * TICK_MS,
  })),
  fc.integer({ min: -100, max: 0 }).map((ticks) => (_: string, now: number) => ({
    type: 'forgetRevocation' as const,
    issuedBefore: now + ticks * TICK_MS,
  })),
  fc.constantFrom('node-1', 'node-2').map((node) => () => ({ type: 'nodeLost' as const, node })),
  fc.constant(() => ({ type: 'nodeRenamed' as const, node: 'node-1', name: 'node-2' })),
  fc.constant((sessionId: string) => ({ type: 'heartbeat' as const, sessionId })),
  fc.boolean().map((isNamed) => (sessionId: string) => ({
    type: 'activity' as const,
    sessionId: isNamed ? sessionId : undefined,
  })),
  {
    weight: 4,
    arbitrary: fc
      .record({
        channelId: fc.constantFrom('attic', 'kitchen', 'lobby'),
        keepOthers: fc.boolean(),
      })
      .map((joined) => (sessionId: string) => ({
        type: 'joinChannel' as const,
        sessionId,
        ...joined,
      })),
  },
  fc.constantFrom(undefined, 'kitchen', 'lobby').map((channelId) => (sessionId: string) => ({
    type: 'leaveChannel' as const,
    sessionId,
    channelId,
  })),
  {
    weight: 4,
    arbitrary: fc
      .record({
        set: fc.dictionary(
          fc.constantFrom('doc', 'typing', '__proto__'),
          fc.constantFrom('1', '2'),
        ),
        remove: fc.subarray(['doc', 'typing', '__proto__']),
        lifetime: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
        isPassive: fc.boolean(),
      })
      .map(({ set, remove, lifetime, isPassive }) => (sessionId: string, now: number) => ({
        type: 'setAttributes' as const,
        sessionId,
        changes: {
          set: new Map(Object.entries(set)),
          remove,
          expiresAt: lifetime && now + lifetime * TICK_MS,
          field: 'set' as const,
        },
        isPassive,
      })),
  },
  fc
    .record({ isMicrophoneMuted: flag, isSpeakerMuted: flag })
    .map((state) => () => ({ type: 'moderateMute' as const, moderator: ADMIN, ...state })),
  fc.constantFrom('attic', 'kitchen').map((fromChannelId) => () => ({
    type: 'moveUser' as const,
    moderator: ADMIN,
    fromChannelId,
    toChannelId: 'lobby',
  })),
  fc
    .constantFrom('attic', 'kitchen', 'lobby')
    .map((channelId) => () => ({ type: 'removeUser' as const, moderator: ADMIN, channelId })),
  fc
    .record({ isMicrophoneMuted: flag, isSpeakerMuted: flag })
    .map((state) => (sessionId: string) => ({ type: 'setMute' as const, sessionId, ...state })),
  {
    weight: 3,
    arbitrary: fc
      .record({
        choice: fc.constantFrom('AUTOMATIC', 'DO_NOT_DISTURB', 'AWAY', 'INVISIBLE'),
        statusText: fc.constantFrom('', 'busy'),
        expiresIn: expiry,
      })
      .map(({ expiresIn, ...status }) => (sessionId: string, now: number) => ({
        type: 'setStatus' as const,
        sessionId,
        expiresAt: expiresIn === undefined ? undefined : now + expiresIn * TICK_MS,
        ...status,
      })),
  },
);

type Asked = NonNullable<typeof remembered extends fc.Arbitrary<infer T> ? T : never>;

function rememberedAt(now: number, { status, microphone, channel }: Asked): RememberedChoices {
  return {
    status: status && {
      version: versionOf(now, status.age),
      choice: status.choice,
      statusText: '',
      expiresAt: undefined,
    },
    microphone: microphone && {
      version: versionOf(now, microphone.age),
      isMuted: microphone.isMuted,
    },
    speaker: undefined,
    channel: channel && {
      version: versionOf(now, channel.age),
      clearedVersion: versionOf(now, channel.age + channel.clearedEarlier),
      channels: channel.channels.map(({ joinedEarlier, ...each }) => ({
        ...each,
        joinedVersion: versionOf(now, channel.age + joinedEarlier),
      })),
    },
  };
}

type Granted = NonNullable<typeof token extends fc.Arbitrary<infer T> ? T : never>;

function grantsAt(now: number, { groups, isRestricted }: Granted): TokenGrants {
  const mayJoin = isRestricted ? (channelId: string) => channelId !== 'attic' : undefined;
  const joinRights = isRestricted ? 'all but the attic' : undefined;
  return { groups, issuedAt: Math.floor(now / 1000), mayJoin, joinRights };
}

/** Returns the previous session of the same device. */
function sessionBefore(sessionId: string): string {
  const [device, count] = sessionId.split('.');
  return `${device}.${Number(count) - 1}`;
}

const moves: fc.Arbitrary<Move> = fc.record({
  ticks: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ max: 120, min: 1 }),
  ),
  device: fc.nat(DEVICES - 1),
  does: deeds,
});

/** The inputs of one user. Some of them are rejected. */
export const history: fc.Arbitrary<readonly Line[]> = fc
  .array(moves, { maxLength: 40, size: 'max' })
  .map((all) => linesOf(all));

export const policies: fc.Arbitrary<Policy> = fc
  .constantFrom(0, 150)
  .map((reconnectGraceMs) => ({ ...POLICY, reconnectGraceMs }));

/** Each connect gets a new session. Every other input uses the last session of its device. */
function linesOf(all: readonly Move[]): readonly Line[] {
  const connects = new Array<number>(DEVICES).fill(0);
  let now = 1000;
  return all.map(({ ticks, device, does }) => {
    now += ticks * TICK_MS;
    const current = does(`${device}.${connects[device]}`, now);
    if (current.type !== 'connect') return [now, current];
    connects[device]!++;
    return [now, does(`${device}.${connects[device]}`, now)];
  });
}

/** A step of a user that was not rejected. */
export interface StepTaken {
  readonly before: User;
  readonly step: Step;
}

/** Every step of the user of a history. Rejected inputs are left out. */
export function stepsOf(lines: readonly Line[], policy: Policy): readonly StepTaken[] {
  let before = newUser('a|b "ü"');
  const steps: StepTaken[] = [];
  for (const [at, input] of lines) {
    try {
      const next = step(before, input, at, policy);
      steps.push({ before, step: next });
      before = next.user;
    } catch (error) {
      if (!(error instanceof RejectedError)) throw error;
    }
  }
  return steps;
}
