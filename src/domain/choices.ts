import type { ChoiceKind, ChoiceVersions } from './choice-versions.js';
import { nextVersion } from './presence.js';
import type { Draft, StatusChoice, User } from './user.js';

/** What a client was told of the user's choices, for a service that may have lost them. */
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
        /** Undefined: the user left, or nobody holds a channel any more. */
        readonly channelId: string | undefined;
        /** Whether the user is in the channel by the session that this client had. */
        readonly isHeld: boolean;
      }
    | undefined;
}

/**
 * How far a remembered version may be ahead of the clock, in milliseconds: as far as the clocks of nodes may differ.
 * One that is further ahead is taken for the present moment, and only where nothing is known. It would win for ever.
 */
export const MAX_AHEAD_MS = 60_000;

/** Notes a command of this kind. */
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
 * Takes over what a client remembers, of each kind only where it is newer than what is known. So a service that lost
 * choices ends up with the newest of what the clients remember, in whichever order they come, and one that lost nothing
 * ignores them. `sessionId` is the session of that client now.
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
 * A channel is left when the session that holds it ends, which is no command: then the last command is still the join,
 * and the client that made it may join again.
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

/** Takes over from another state of the same user what was chosen later there. A channel is taken over by the caller. */
export function mergeChoices(facts: Draft<User>, other: User): void {
  const isLater = (kind: ChoiceKind): boolean =>
    (other.choiceVersions[kind] ?? 0) > (facts.choiceVersions[kind] ?? 0);
  if (isLater('status')) {
    facts.choice = other.choice;
    facts.statusText = other.statusText;
    facts.choiceExpiresAt = other.choiceExpiresAt;
    facts.visibleSince = other.visibleSince;
  }
  if (isLater('microphone')) facts.isMicrophoneMuted = other.isMicrophoneMuted;
  if (isLater('speaker')) facts.isSpeakerMuted = other.isSpeakerMuted;
  for (const kind of ['status', 'microphone', 'speaker', 'channel'] as const) {
    if (isLater(kind)) setVersion(facts, kind, other.choiceVersions[kind]!);
  }
}

/** Whether anything was chosen later in the other state. */
export function hasLaterChoice(of: User, than: User): boolean {
  return (['status', 'microphone', 'speaker', 'channel'] as const).some(
    (kind) => (of.choiceVersions[kind] ?? 0) > (than.choiceVersions[kind] ?? 0),
  );
}
