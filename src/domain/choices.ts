import { CHOICE_KINDS, type ChoiceKind, type ChoiceVersions } from './choice-versions.js';
import { nextVersion } from './presence.js';
import type { Draft, StatusChoice, User } from './user.js';

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
        /** Undefined: the user left the channel, or no session holds a channel any more. */
        readonly channelId: string | undefined;
        /** Whether the previous session of this client held the channel. */
        readonly isHeld: boolean;
      }
    | undefined;
}

/**
 * How far a remembered version may be ahead of the clock, in milliseconds: as far as the clocks of nodes may differ. A
 * version further ahead would win forever. It is replaced by the current time, and used only if no version is known.
 */
export const MAX_AHEAD_MS = 60_000;

/** Records a command of this kind: the choice version grows. */
export function chose(facts: Draft<User>, kind: ChoiceKind, now: number): void {
  setVersion(facts, kind, nextVersion(facts.choiceVersions[kind] ?? 0, now));
}

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
  if (channel !== undefined) recallChannel(facts, channel, sessionId, now);
}

/**
 * Applies the channel that a client remembers. If the session that holds a channel ends, the user leaves the channel
 * without a command. The join is then still the last command, and the client that made it may join again.
 */
function recallChannel(
  facts: Draft<User>,
  { version, channelId, isHeld }: NonNullable<RememberedChoices['channel']>,
  sessionId: string,
  now: number,
): void {
  const isLast = version === facts.choiceVersions.channel;
  const isThere = facts.channel?.channelId === channelId;
  if (!isLast && !isNewer(facts, 'channel', version, now)) return;
  if (isLast && !isThere && facts.channel !== undefined) return;
  if (isHeld && channelId !== undefined) facts.channel = { channelId, sessionId };
  else if (!isLast && !isThere) facts.channel = undefined;
}

/** Whether a remembered version is newer than the known one. If so, it becomes the known one. */
function isNewer(facts: Draft<User>, kind: ChoiceKind, version: number, now: number): boolean {
  const known = facts.choiceVersions[kind];
  const isAhead = version > (now + MAX_AHEAD_MS) * 1000;
  if (isAhead ? known !== undefined : version <= (known ?? 0)) return false;
  setVersion(facts, kind, isAhead ? nextVersion(0, now) : version);
  return true;
}

function setVersion(facts: Draft<User>, kind: ChoiceKind, version: number): void {
  const { status, microphone, speaker, channel } = facts.choiceVersions;
  const versions: Draft<ChoiceVersions> = { status, microphone, speaker, channel };
  versions[kind] = version;
  facts.choiceVersions = versions;
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
  // The channel depends on the sessions that are left: `reconcile` merges it.
  channel: () => {},
};

/**
 * Copies the choices that are later in another state of the same user. For the channel it copies only the version; the
 * caller merges the channel itself.
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
