import type { PresenceEvent } from '../../src/domain/event.js';
import type { EndedSession } from '../../src/domain/session-transitions.js';
import type { EndReason, Input, TokenGrants } from '../../src/domain/input.js';
import type { Moderator } from '../../src/domain/moderation.js';
import type { Policy } from '../../src/domain/policy.js';
import { nextDeadline } from '../../src/domain/deadlines.js';
import { step } from '../../src/domain/step.js';
import { newUser, type StatusChoice, type User } from '../../src/domain/user.js';
import { unrestrictedViewer } from '../../src/domain/viewer.js';

/** Round numbers, so that a reader needs no arithmetic. */
export const POLICY: Policy = {
  idleTimeoutMs: 1000,
  heartbeatTimeoutMs: 100,
  reconnectGraceMs: 0,
  maxSessionsPerUser: 3,
};

/** An input and its time. */
export type Line = readonly [at: number, input: Input];

/** The result of a sequence of inputs. */
export interface Story {
  readonly user: User;
  readonly events: readonly PresenceEvent[];
  /** The events in short form: time, event and reason. */
  readonly eventLines: readonly string[];
  readonly ended: readonly EndedSession[];
  /** The next deadline, by any clock. */
  readonly wakeAt: number | undefined;
}

/** Applies inputs to a new user, one after the other. */
export function given(...lines: readonly Line[]): Story {
  return playWith({})(...lines);
}

/** Returns `given` with other timeouts or limits. */
export function playWith(policy: Partial<Policy>): typeof given {
  return (...lines) => continueWith(newUser('alice'), lines, { ...POLICY, ...policy });
}

/** Applies inputs to a user that already has a state. */
export function continueWith(user: User, lines: readonly Line[], policy: Policy = POLICY): Story {
  const events: PresenceEvent[] = [];
  const ended: EndedSession[] = [];
  for (const [at, input] of lines) {
    // Frozen, so that rules that modify a user in place throw an error.
    const next = step(deepFreeze(user), input, at, policy);
    events.push(...next.events);
    ended.push(...next.ended);
    ({ user } = next);
  }
  return {
    user,
    events,
    eventLines: events.map(inWords),
    ended,
    wakeAt: nextDeadline(user, policy)?.at,
  };
}

function inWords({ occurredAt, change, reason }: PresenceEvent): string {
  return `${occurredAt} ${change.kind} ${reason}`;
}

export function connect(
  sessionId: string,
  details: Partial<Extract<Input, { readonly type: 'connect' }>> = {},
): Input {
  return {
    type: 'connect',
    sessionId,
    node: 'node-1',
    platform: 'desktop',
    isMicrophoneMuted: undefined,
    isSpeakerMuted: undefined,
    requireHeartbeats: false,
    tokenExpiresAt: undefined,
    previousSessionId: undefined,
    attributes: new Map(),
    remembered: undefined,
    ...details,
  };
}

/** The user connects with a token of these groups. */
export function connectWith(...groups: readonly string[]): Input {
  return connect('a', { token: grantsOf(...groups) });
}

/** The grants of a token with groups. */
export function grantsOf(...groups: readonly string[]): TokenGrants {
  return { groups, issuedAt: undefined, mayJoin: undefined };
}

export function disconnect(sessionId: string, cause: EndReason = 'DISCONNECTED'): Input {
  return { type: 'disconnect', sessionId, cause };
}

export function heartbeat(sessionId: string): Input {
  return { type: 'heartbeat', sessionId };
}

/**
 * The client has not been heard since the heartbeat that set `heartbeatDueAt` as the time of the
 * next one.
 */
export function silent(sessionId: string, heartbeatDueAt: number): Input {
  return { type: 'silent', sessionId, heartbeatDueAt };
}

export function activity(sessionId?: string): Input {
  return { type: 'activity', sessionId };
}

export function join(sessionId: string, channelId: string, keepOthers = false): Input {
  return { type: 'joinChannel', sessionId, channelId, keepOthers };
}

/** Joins a channel and stays in the others. */
export function joinToo(sessionId: string, channelId: string): Input {
  return join(sessionId, channelId, true);
}

/** Without a channel: leaves all. */
export function leave(sessionId: string, channelId?: string): Input {
  return { type: 'leaveChannel', sessionId, channelId };
}

export function mute(
  sessionId: string,
  state: { readonly microphone?: boolean; readonly speaker?: boolean },
): Input {
  const { microphone: isMicrophoneMuted, speaker: isSpeakerMuted } = state;
  return { type: 'setMute', sessionId, isMicrophoneMuted, isSpeakerMuted };
}

export function choose(
  sessionId: string,
  choice: StatusChoice,
  { text = '', until }: { readonly text?: string; readonly until?: number } = {},
): Input {
  return { type: 'setStatus', sessionId, choice, statusText: text, expiresAt: until };
}

/** A backend sets the status of the user. */
export function setStatusOf(choice: StatusChoice): Input {
  return { type: 'setStatus', sessionId: undefined, choice, statusText: '', expiresAt: undefined };
}

export function setAttributes(
  sessionId: string,
  set: Readonly<Record<string, string>>,
  {
    remove = [],
    expiresAt,
    isPassive = false,
  }: {
    readonly remove?: readonly string[];
    readonly expiresAt?: number;
    readonly isPassive?: boolean;
  } = {},
): Input {
  const changes = { set: new Map(Object.entries(set)), remove, expiresAt, field: 'set' } as const;
  return { type: 'setAttributes', sessionId, changes, isPassive };
}

/** A moderator with all rights. */
export const ADMIN: Moderator = { viewer: unrestrictedViewer('mod'), moderates: undefined };

export function moderateMute(
  state: { readonly microphone?: boolean; readonly speaker?: boolean },
  moderator = ADMIN,
): Input {
  const { microphone: isMicrophoneMuted, speaker: isSpeakerMuted } = state;
  return { type: 'moderateMute', moderator, isMicrophoneMuted, isSpeakerMuted };
}

export function moveUser(fromChannelId: string, toChannelId: string, moderator = ADMIN): Input {
  return { type: 'moveUser', moderator, fromChannelId, toChannelId };
}

export function removeUser(channelId: string, moderator = ADMIN): Input {
  return { type: 'removeUser', moderator, channelId };
}

/** Replaces the list of users from whom the user hides. */
export function hideFrom(...userIds: readonly string[]): Input {
  return { type: 'hideFrom', userIds };
}

export function nodeLost(node: string): Input {
  return { type: 'nodeLost', node };
}

export function nodeRenamed(node: string, name: string): Input {
  return { type: 'nodeRenamed', node, name };
}

export const time: Input = { type: 'time' };

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}
