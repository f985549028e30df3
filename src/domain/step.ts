import { apply } from './apply.js';
import { mergeAttributes } from './attributes.js';
import { rulesAfterCommit } from './hiding.js';
import { diffPresence, NO_EVENTS, presenceEquals } from './presence-diff.js';
import { idleAt, lastActiveAt, wakeAt } from './deadlines.js';
import type { PresenceEvent, Reason } from './event.js';
import type { EndedSession } from './session-transitions.js';
import { haveSameGroups } from './group-list.js';
import type { Input } from './input.js';
import type { Policy } from './policy.js';
import { sharedPlatforms } from './platforms.js';
import { areSame, NO_CHANNELS, offlineFrom, type Presence, type Status } from './presence.js';
import { nextVersion } from './version.js';
import type { Draft, Session, User } from './user.js';
import { groupsOf } from './visibility.js';

/** The result of one input. */
export interface Step {
  readonly user: User;
  /** When the input was applied, in service time, and why the user changed. */
  readonly occurredAt: number;
  readonly cause: Reason;
  /** The differences between the shown presence before and after the input. Often there are none. */
  readonly events: readonly PresenceEvent[];
  /** The sessions that are not live any more. The caller ends their streams. */
  readonly ended: readonly EndedSession[];
  /**
   * The next moment at which the end of a duration changes the user. Undefined: never. For expiries by the wall clock
   * see `expiresAt`.
   */
  readonly wakeAt: number | undefined;
}

/**
 * Returns the effect of `input` on `user` at `now`, by all rules of presence. Facts are stored and statuses are
 * computed from them, so a command that changes nothing causes no events, and every retry is safe. Throws a
 * `RejectedError` if the input is not allowed; then nothing has changed.
 */
export function step(user: User, input: Input, now: number, policy: Policy): Step {
  const { facts, cause, ended = [] } = apply(user, input, now, policy);
  const next = facts === user ? user : derivePresence(facts, user, now, policy);
  return {
    user: next,
    occurredAt: now,
    cause,
    events: eventsOf(user.shown, next.shown, now, cause),
    ended,
    wakeAt: wakeAt(next, policy),
  };
}

/** Returns the events of a commit: the differences between the shown presence before and after it. */
export function eventsOf(
  before: Presence,
  after: Presence,
  now: number,
  cause: Reason,
): readonly PresenceEvent[] {
  // Most commits are activities that others do not see.
  return after.version === before.version ? NO_EVENTS : diffPresence(before, after, now, cause);
}

/**
 * Computes the own and the shown presence from new facts, and adds them to these facts, which nothing else may hold yet.
 * They get a new version only if one of them has changed, or what viewers with restricted rights see of it.
 */
export function derivePresence(
  facts: Draft<User>,
  before: User,
  now: number,
  policy: Policy,
): User {
  const version = nextVersion(before.own.version, now);
  const own: Draft<Presence> =
    facts.sessions.length === 0
      ? toOffline(before.own, version)
      : computePresence(facts, before, now, policy, version);
  const shown = publicPresence(facts, before, own, version);
  facts.own = own;
  facts.shown = shown;
  const isOneView = shown === own && before.shown === before.own;
  const isEqual =
    presenceEquals(own, before.own) && (isOneView || presenceEquals(shown, before.shown));
  // Without a session it is the presence from before, which has that version already.
  if (isEqual && own !== before.own && !changesGroupsOrOrder(facts, before))
    own.version = before.own.version;
  facts.accessRules = rulesAfterCommit(facts.accessRules, before.shown, facts.shown, now);
  return facts;
}

/** Whether the groups of a shown user, or the order of the channels, have changed. */
function changesGroupsOrOrder(user: User, before: User): boolean {
  if (user.shown.status === 'OFFLINE') return false;
  return (
    !areSame(user.shown.otherChannelIds, before.shown.otherChannelIds) ||
    !haveSameGroups(groupsOf(user), groupsOf(before))
  );
}

function publicPresence(facts: User, before: User, own: Presence, version: number): Presence {
  const hidden = facts.choice === 'INVISIBLE' && own.status !== 'OFFLINE';
  if (!hidden && own.status !== 'OFFLINE') return own;
  // Others saw the user's own presence before, so one object can serve both views.
  if (!hidden && before.own === before.shown) return own;
  return toOffline(facts.shown, version);
}

/**
 * Returns an OFFLINE presence. One that is OFFLINE already stays the same, so that others do not notice the sessions of
 * an invisible user.
 */
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
    channelId: facts.channelId,
    otherChannelIds: otherChannelsOf(facts, before),
    isMicrophoneMuted: facts.isMicrophoneMuted,
    isSpeakerMuted: facts.isSpeakerMuted,
    moderatorMute: facts.moderatorMute,
    attributes: mergeAttributes(facts.sessions, before.own.attributes),
    connectedAt: Math.max(oldest?.connectedAt ?? 0, facts.visibleSince ?? 0),
    // The session with the last activity may have ended, but its activity still counts for the user.
    lastActiveAt: Math.max(lastActiveAt(facts), facts.own.lastActiveAt ?? 0),
    platforms: platformsOf(facts.sessions, before),
    version,
  };
}

/**
 * Returns each platform once, sorted. If the platforms of the sessions have not changed, it returns the previous list.
 */
function platformsOf(sessions: readonly Session[], before: User): readonly string[] {
  const isSame =
    sessions.length === before.sessions.length &&
    sessions.every(({ platform }, i) => platform === before.sessions[i]?.platform);
  if (isSame) return before.own.platforms;
  return sharedPlatforms([...new Set(sessions.map((session) => session.platform))].sort());
}

/**
 * Returns the channels other than the current one, each once, in the order of the last joins. If the memberships have not
 * changed, it returns the previous list.
 */
function otherChannelsOf({ channelId, earlierChannels }: User, before: User): readonly string[] {
  if (earlierChannels.length === 0) return NO_CHANNELS;
  if (earlierChannels === before.earlierChannels && channelId === before.channelId)
    return before.own.otherChannelIds;
  const ids = new Set(earlierChannels.map((membership) => membership.channelId).reverse());
  ids.delete(channelId!);
  return ids.size === 0 ? NO_CHANNELS : [...ids].reverse();
}

function statusOf(facts: User, now: number, policy: Policy): Status {
  if (facts.choice === 'DO_NOT_DISTURB' || facts.choice === 'AWAY') return facts.choice;
  return now < idleAt(facts, policy) ? 'ONLINE' : 'IDLE';
}
