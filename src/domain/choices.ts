import { accessRules } from './access-rules.js';
import { CHOICE_KINDS, setVersion, type ChoiceKind } from './choice-versions.js';
import { nextVersion } from './version.js';
import {
  hasLeftSince,
  historyOf,
  membershipsOf,
  setMemberships,
  withRegained,
} from './memberships.js';
import type { Draft, Membership, StatusChoice, User } from './user.js';

/**
 * The choices of a user that a client last received. The client sends them back, because the service may have lost
 * them.
 */
export interface RememberedChoices {
  readonly status:
    | {
        readonly version: number;
        readonly choice: StatusChoice;
        readonly statusText: string;
        readonly expiresAt: number | undefined;
      }
    | undefined;
  readonly microphone: { readonly version: number; readonly isMuted: boolean } | undefined;
  readonly speaker: { readonly version: number; readonly isMuted: boolean } | undefined;
  readonly channel:
    | {
        readonly version: number;
        /** The version of the last command that left all other channels; see `ChannelHistory`. */
        readonly clearedVersion: number;
        /** The channels of the user after the last command, as far as sessions still held them. */
        readonly channels: readonly {
          readonly channelId: string;
          /** Whether the previous session of this client was in the channel. */
          readonly isHeld: boolean;
          /** `Membership.joinedAt`. Undefined: the client received the channels from an earlier release. */
          readonly joinedVersion?: number | undefined;
        }[];
      }
    | undefined;
}

/**
 * How far a remembered version may be ahead of the clock, in milliseconds: as far as the clocks of nodes may differ. A
 * version further ahead would win forever. It is replaced by the current time, and used only if no version is known.
 */
export const MAX_AHEAD_MS = 60_000;

/** Sets status choice, text and expiry. */
export function setStatusChoice(
  facts: Draft<User>,
  choice: StatusChoice,
  statusText: string,
  expiresAt: number | undefined,
  now: number,
): void {
  if (facts.choice === 'INVISIBLE' && choice !== 'INVISIBLE') facts.visibleSince = now;
  facts.choice = choice;
  facts.statusText = statusText;
  facts.choiceExpiresAt = expiresAt;
}

/**
 * Applies the choices that a client remembers, each kind only if it is newer than the known one. A service that lost
 * choices gets the newest that any client remembers, in any order of reconnects; one that lost nothing ignores them.
 * `sessionId` is the new session of that client.
 */
export function recall(
  facts: Draft<User>,
  { status, microphone, speaker, channel }: RememberedChoices,
  sessionId: string,
  now: number,
  wall: number,
): void {
  if (status !== undefined && isNewer(facts, 'status', status.version, now)) {
    const hasLapsed = status.expiresAt !== undefined && status.expiresAt <= wall;
    if (hasLapsed) setStatusChoice(facts, 'AUTOMATIC', '', undefined, now);
    else setStatusChoice(facts, status.choice, status.statusText, status.expiresAt, now);
  }
  if (microphone !== undefined && isNewer(facts, 'microphone', microphone.version, now)) {
    facts.isMicrophoneMuted = microphone.isMuted;
  }
  if (speaker !== undefined && isNewer(facts, 'speaker', speaker.version, now)) {
    facts.isSpeakerMuted = speaker.isMuted;
  }
  if (channel !== undefined) recallChannels(facts, channel, sessionId, now);
}

/**
 * Applies the channels that a client remembers. If a session ends, the user leaves its channels without a command. The
 * client that joined them may join again, unless the user has left them by a later command.
 */
function recallChannels(
  facts: Draft<User>,
  { version, clearedVersion, channels }: NonNullable<RememberedChoices['channel']>,
  sessionId: string,
  now: number,
): void {
  const known = facts.choiceVersions.channel ?? 0;
  const history = historyOf(facts);
  const memberships = membershipsOf(facts);
  if (isNewer(facts, 'channel', version, now)) {
    const wasCleared = clearedVersion > known || known === 0;
    const isLast = clearedVersion >= version;
    const clearedAt = Math.min(clearedVersion, facts.choiceVersions.channel!);
    facts.channelHistory = isLast
      ? undefined
      : wasCleared
        ? { clearedAt, joinedAt: 0, left: [] }
        : history;
    // Every known membership is older than a command that left all channels.
    const isThere = (each: Membership): boolean =>
      channels.some(({ channelId, isHeld }) => !isHeld && channelId === each.channelId);
    setMemberships(facts, wasCleared ? memberships.filter(isThere) : memberships);
  } else if (version > known) {
    return;
  }
  const regained = channels
    .filter(({ channelId, isHeld }) => isHeld && !hasLeftSince(facts, channelId, version))
    .map(({ channelId, joinedVersion = version }) => ({
      channelId,
      sessionId,
      joinedAt: Math.min(joinedVersion, facts.choiceVersions.channel!),
    }));
  if (facts.channelHistory === undefined) regainOne(facts, regained[0]);
  else setMemberships(facts, withRegained(membershipsOf(facts), regained));
}

/** The last command left all other channels, so that the user is in the channel that it joined or in none. */
function regainOne(facts: Draft<User>, membership: Membership | undefined): void {
  if (membership === undefined) return;
  const isElsewhere = facts.channelId !== undefined && facts.channelId !== membership.channelId;
  if (!isElsewhere) setMemberships(facts, [membership]);
}

/** Whether a remembered version is newer than the known one. If so, it becomes the known one. */
function isNewer(facts: Draft<User>, kind: ChoiceKind, version: number, now: number): boolean {
  const known = facts.choiceVersions[kind];
  const isAhead = version > (now + MAX_AHEAD_MS) * 1000;
  if (isAhead ? known !== undefined : version <= (known ?? 0)) return false;
  setVersion(facts, kind, isAhead ? nextVersion(0, now) : version);
  return true;
}

/** Copies the choice of one kind from another state of the same user. The compiler reports a kind that is missing. */
const COPY_CHOICE: Readonly<Record<ChoiceKind, (facts: Draft<User>, from: User) => void>> = {
  status: (facts, from) => {
    facts.choice = from.choice;
    facts.statusText = from.statusText;
    facts.choiceExpiresAt = from.choiceExpiresAt;
    facts.visibleSince = from.visibleSince;
  },
  microphone: (facts, from) => (facts.isMicrophoneMuted = from.isMicrophoneMuted),
  speaker: (facts, from) => (facts.isSpeakerMuted = from.isSpeakerMuted),
  // The channels depend on the sessions that are left: `reconcile` merges them.
  channel: () => {},
  moderation: (facts, from) => (facts.moderatorMute = from.moderatorMute),
  hiding: (facts, from) => {
    const { tokensValidFrom } = facts.accessRules;
    facts.accessRules = accessRules(from.accessRules.hiddenFrom, tokensValidFrom);
  },
};

/**
 * Copies the choices that are later in another state of the same user. For the channels it copies only the version; the
 * caller merges the channels themselves.
 */
export function mergeChoices(facts: Draft<User>, other: User): void {
  for (const kind of CHOICE_KINDS) {
    const version = other.choiceVersions[kind] ?? 0;
    if (version <= (facts.choiceVersions[kind] ?? 0)) continue;
    COPY_CHOICE[kind](facts, other);
    setVersion(facts, kind, version);
  }
}

/** Whether `of` has a later choice than `than`, in any kind. */
export function hasLaterChoice(of: User, than: User): boolean {
  return CHOICE_KINDS.some(
    (kind) => (of.choiceVersions[kind] ?? 0) > (than.choiceVersions[kind] ?? 0),
  );
}
