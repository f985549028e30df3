import { apply } from './apply.js';
import { diffPresence } from './presence-diff.js';
import { idleAt, lastActiveAt, wakeAt } from './deadlines.js';
import type { PresenceEvent } from './event.js';
import type { EndedSession } from './session-transitions.js';
import type { Input } from './input.js';
import type { Policy } from './policy.js';
import {
  offlineFrom,
  presenceEquals,
  nextVersion,
  type Presence,
  type Status,
} from './presence.js';
import { copyUser, type Session, type User } from './user.js';

/** What one input leads to. */
export interface Step {
  readonly user: User;
  /** The difference between what others were shown before and are shown now. Often none. */
  readonly events: readonly PresenceEvent[];
  /** The sessions that stopped being live, whose streams are to be ended. */
  readonly ended: readonly EndedSession[];
  /** The next moment at which a duration ends, and with it something changes. Undefined: never. See `expiresAt`. */
  readonly wakeAt: number | undefined;
}

/**
 * The rules of presence, all of them: what `input` makes of `user` at `now`. Facts are stored and statuses are
 * computed from them, so that a command which changes nothing announces nothing and every retry is safe.
 * Throws a `Refusal` where the input may not happen; then nothing has changed.
 */
export function step(user: User, input: Input, now: number, policy: Policy): Step {
  const { facts, cause, ended = [] } = apply(user, input, now, policy);
  const next = facts === user ? user : derivePresence(facts, user, now, policy);
  return {
    user: next,
    events: diffPresence(user.shown, next.shown, now, cause),
    ended,
    wakeAt: wakeAt(next, policy),
  };
}

/** Computes what the user and what others see of new facts, and gives it a version when it looks different. */
export function derivePresence(facts: User, before: User, now: number, policy: Policy): User {
  const version = nextVersion(before.own.version, now);
  const own =
    facts.sessions.length === 0
      ? toOffline(before.own, version)
      : computePresence(facts, before, now, policy, version);
  const shown = publicPresence(facts, before, own, version);
  const user = copyUser(facts);
  user.own = own;
  user.shown = shown;
  if (presenceEquals(own, before.own) && presenceEquals(shown, before.shown)) {
    user.own = { ...own, version: before.own.version };
    if (shown === own) user.shown = user.own;
  }
  return user;
}

function publicPresence(facts: User, before: User, own: Presence, version: number): Presence {
  const hidden = facts.choice === 'INVISIBLE' && own.status !== 'OFFLINE';
  if (!hidden && own.status !== 'OFFLINE') return own;
  // Nothing to keep apart: others saw the last of the user's own presence.
  if (!hidden && before.own === before.shown) return own;
  return toOffline(facts.shown, version);
}

/** OFFLINE as it was, however often the user comes and goes unseen. */
function toOffline(before: Presence, version: number): Presence {
  return before.status === 'OFFLINE' ? before : offlineFrom(before, version);
}

function computePresence(
  facts: User,
  before: User,
  now: number,
  policy: Policy,
  version: number,
): Presence {
  const [oldest] = facts.sessions;
  return {
    userId: facts.userId,
    status: statusOf(facts, now, policy),
    statusText: facts.statusText,
    channelId: facts.channel?.channelId,
    isMicrophoneMuted: facts.isMicrophoneMuted,
    isSpeakerMuted: facts.isSpeakerMuted,
    connectedAt: Math.max(oldest?.connectedAt ?? 0, facts.visibleSince ?? 0),
    // The session with the last activity may have ended; the activity was the user's all the same.
    lastActiveAt: Math.max(lastActiveAt(facts), facts.own.lastActiveAt ?? 0),
    platforms: platformsOf(facts.sessions, before),
    version,
  };
}

/** One entry per kind, sorted. As long as they are the same sessions, the user before and after share it. */
function platformsOf(sessions: readonly Session[], before: User): readonly string[] {
  const isSame =
    sessions.length === before.sessions.length &&
    sessions.every(({ platform }, i) => platform === before.sessions[i]?.platform);
  if (isSame) return before.own.platforms;
  return [...new Set(sessions.map((session) => session.platform))].sort();
}

function statusOf(facts: User, now: number, policy: Policy): Status {
  if (facts.choice === 'DO_NOT_DISTURB' || facts.choice === 'AWAY') return facts.choice;
  return now < idleAt(facts, policy) ? 'ONLINE' : 'IDLE';
}
