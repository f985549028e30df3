import { chose } from './choice-versions.js';
import { RejectedError } from './rejected-error.js';
import {
  NO_MEMBERSHIPS,
  type ChannelHistory,
  type Draft,
  type Membership,
  type User,
} from './user.js';

/** The maximum number of channels that one session may be in. */
export const MAX_CHANNELS_PER_SESSION = 50;

/**
 * The maximum size of all memberships of a user: the UTF-8 bytes of each channel id, and 16 more. Every commit of the user
 * writes them. 20 sessions that are in 48 channels each fit if the ids are UUIDs.
 */
export const MAX_MEMBERSHIP_BYTES = 65_536;

const BYTES_PER_MEMBERSHIP = 16;

/**
 * The maximum number of channels for which the version of the last leave is kept. If there are more, the earliest leave
 * counts as one of all channels.
 */
const MAX_LEFT = 16;

/** Returns all memberships of a user, in the order in which the sessions joined. */
export function membershipsOf(user: User): readonly Membership[] {
  const { channelId, channelSessionId: sessionId, earlierChannels } = user;
  if (channelId === undefined || sessionId === undefined) return earlierChannels;
  return [...earlierChannels, { channelId, sessionId, joinedAt: historyOf(user).joinedAt }];
}

/** Sets all memberships of a user, in the order in which the sessions joined. */
export function setMemberships(facts: Draft<User>, memberships: readonly Membership[]): void {
  const last = memberships.at(-1);
  facts.channelId = last?.channelId;
  facts.channelSessionId = last?.sessionId;
  facts.earlierChannels = memberships.length > 1 ? memberships.slice(0, -1) : NO_MEMBERSHIPS;
  const { channelHistory } = facts;
  if (channelHistory === undefined || last === undefined) return;
  if (channelHistory.joinedAt === last.joinedAt) return;
  facts.channelHistory = { ...channelHistory, joinedAt: last.joinedAt };
}

/**
 * Joins a channel with one session. Without `keepOthers` the user leaves all other channels, on all sessions. Throws a
 * `RejectedError` if the session is in too many channels, or if the ids of all memberships are too long together.
 */
export function joinChannel(
  facts: Draft<User>,
  joined: Omit<Membership, 'joinedAt'>,
  keepOthers: boolean,
  now: number,
): void {
  if (!keepOthers) {
    replaceAll(facts, joined, now);
    return;
  }
  const kept = membershipsOf(facts).filter((membership) => !isSame(membership, joined));
  const excess = excessOf(kept, joined);
  if (excess !== undefined) throw new RejectedError('TOO_MANY_CHANNELS', excess, 'channel_id');
  facts.channelHistory = historyOf(facts);
  chose(facts, 'channel', now);
  setMemberships(facts, [...kept, { ...joined, joinedAt: facts.choiceVersions.channel! }]);
}

/**
 * Returns the memberships of a user who joins channels again that it has not left, in the order of the joins. It does not join those above a limit: a
 * client could not repair a `Connect` that fails.
 */
export function withRegained(
  held: readonly Membership[],
  regained: readonly Membership[],
): readonly Membership[] {
  let all = held;
  for (const membership of regained) {
    if (all.some((each) => isSame(each, membership))) continue;
    if (excessOf(all, membership) !== undefined) break;
    all = inOrder(all, membership);
  }
  return all;
}

function inOrder(memberships: readonly Membership[], added: Membership): readonly Membership[] {
  const next = memberships.findIndex(({ joinedAt }) => joinedAt > added.joinedAt);
  return next === -1 ? [...memberships, added] : memberships.toSpliced(next, 0, added);
}

/** Returns why a user with these memberships may not have another one. Undefined: it may. */
function excessOf(
  memberships: readonly Membership[],
  joined: Omit<Membership, 'joinedAt'>,
): string | undefined {
  const count = memberships.filter(({ sessionId }) => sessionId === joined.sessionId).length;
  if (count >= MAX_CHANNELS_PER_SESSION) {
    return `a session may be in ${MAX_CHANNELS_PER_SESSION} channels at once; leave one first`;
  }
  return haveTooManyBytes([...memberships, joined]) ? TOO_MANY_BYTES : undefined;
}

/** The message for memberships that are larger than `MAX_MEMBERSHIP_BYTES`. */
export const TOO_MANY_BYTES = `the channel ids of all sessions of a user may have ${MAX_MEMBERSHIP_BYTES} bytes in total, each counted with ${BYTES_PER_MEMBERSHIP} more; leave a channel first`;

/** Whether these memberships together are larger than `MAX_MEMBERSHIP_BYTES`. */
export function haveTooManyBytes(memberships: readonly Omit<Membership, 'joinedAt'>[]): boolean {
  let bytes = 0;
  for (const { channelId } of memberships) {
    bytes += Buffer.byteLength(channelId) + BYTES_PER_MEMBERSHIP;
  }
  return bytes > MAX_MEMBERSHIP_BYTES;
}

/** Leaves a channel with all sessions, or all channels if none is named. */
export function leaveChannel(facts: Draft<User>, channelId: string | undefined, now: number): void {
  if (channelId === undefined) {
    replaceAll(facts, undefined, now);
    return;
  }
  const { clearedAt, joinedAt, left } = historyOf(facts);
  chose(facts, 'channel', now);
  const others = left.filter((each) => each.channelId !== channelId);
  const version = facts.choiceVersions.channel!;
  const isFull = others.length >= MAX_LEFT;
  facts.channelHistory = {
    clearedAt: isFull ? others[0]!.version : clearedAt,
    joinedAt,
    left: [...(isFull ? others.slice(1) : others), { channelId, version }],
  };
  setMemberships(
    facts,
    membershipsOf(facts).filter((membership) => membership.channelId !== channelId),
  );
}

/** Moves the memberships of a session that ends to another session. Without one, the user leaves those channels. */
export function handOver(facts: Draft<User>, from: string, to: string | undefined): void {
  const memberships = membershipsOf(facts);
  if (!memberships.some(({ sessionId }) => sessionId === from)) return;
  const moved = memberships.flatMap((membership) => {
    if (membership.sessionId !== from) return [membership];
    return to === undefined ? [] : [{ ...membership, sessionId: to }];
  });
  setMemberships(facts, withoutDuplicates(moved));
}

/** Lets a session leave the channels that its token does not grant. Its client may have been in them with an older token. */
export function keepGranted(
  facts: Draft<User>,
  sessionId: string,
  mayJoin: (channelId: string) => boolean,
): void {
  const all = membershipsOf(facts);
  const kept = all.filter((each) => each.sessionId !== sessionId || mayJoin(each.channelId));
  if (kept.length < all.length) setMemberships(facts, kept);
}

/** Returns each membership once, at its last position. */
export function withoutDuplicates(memberships: readonly Membership[]): readonly Membership[] {
  return memberships.filter(
    (each, i) => !memberships.some((other, at) => at > i && isSame(each, other)),
  );
}

/** Whether the user left this channel after the command with this version. */
export function hasLeftSince(facts: User, channelId: string, version: number): boolean {
  const { clearedAt, left } = historyOf(facts);
  return (
    version < clearedAt ||
    left.some((each) => each.channelId === channelId && each.version > version)
  );
}

/** Returns the history, which is not stored while the last channel command is all of it. */
export function historyOf({ channelHistory, choiceVersions }: User): ChannelHistory {
  if (channelHistory !== undefined) return channelHistory;
  const { channel = 0 } = choiceVersions;
  return { clearedAt: channel, joinedAt: channel, left: [] };
}

function replaceAll(
  facts: Draft<User>,
  joined: Omit<Membership, 'joinedAt'> | undefined,
  now: number,
): void {
  chose(facts, 'channel', now);
  facts.channelHistory = undefined;
  const joinedAt = facts.choiceVersions.channel!;
  setMemberships(facts, joined === undefined ? [] : [{ ...joined, joinedAt }]);
}

/** Whether two memberships are of the same session in the same channel. */
export function isSame(a: Omit<Membership, 'joinedAt'>, b: Omit<Membership, 'joinedAt'>): boolean {
  return a.channelId === b.channelId && a.sessionId === b.sessionId;
}
