import type { EventKind, PresenceEvent } from '../domain/event.js';
import { NO_CHANNELS } from '../domain/presence.js';
import type { CommitFacts } from './commit-facts.js';

/** One event in the log: the location of its bytes, and the fields that filters check. */
export interface LogEntry {
  /** The offset in the log. Derived entries have the offset of the first entry of their commit. */
  readonly position: number;
  readonly userId: string;
  /** The channel of the user after the commit, and the channel before it. */
  readonly channelId: string | undefined;
  readonly previousChannelId: string | undefined;
  /** All other channels of the user after the commit or before it. Nearly always none. */
  readonly otherChannelIds: readonly string[];
  /** The commit that caused the event; see `CommitPosition`. */
  readonly partition: number;
  readonly seq: number;
  readonly mark: number;
  /**
   * Undefined: the entry is silent. Its commit changed only who may see the user, so the entry has no bytes, and only some
   * readers derive events from it.
   */
  readonly kind: EventKind | undefined;
  readonly occurredAt: number;
  readonly block: Buffer;
  readonly start: number;
  readonly end: number;
  /** The end of the resume token that follows the event. Equal to `end` if no token follows. */
  tokenEnd: number;
  /**
   * The next entry of the same user. Undefined if this is the latest one, or if `EventLog.indexSuperseded` has not
   * linked it yet.
   */
  next: LogEntry | undefined;
  /** Undefined: every reader sees the event as it is in the log. The entries of a commit share the object. */
  readonly facts: CommitFacts | undefined;
  /** Identifies an entry that was derived for a view and is not in the log. Undefined: the entry is in the log. */
  readonly derivation?: number;
}

/** The fields of an entry that follow from its event. */
export type EventFields = Pick<
  LogEntry,
  'userId' | 'channelId' | 'previousChannelId' | 'otherChannelIds' | 'kind' | 'occurredAt'
>;

export function fieldsOf(event: PresenceEvent): EventFields {
  const { presence, previousChannelId, occurredAt, change } = event;
  return {
    userId: presence.userId,
    channelId: presence.channelId,
    previousChannelId,
    otherChannelIds: otherChannelsOf(event),
    kind: change.kind,
    occurredAt,
  };
}

/** The fields of a silent entry. Readers who follow a channel of the user find it. */
export function silentFields({ after, occurredAt }: CommitFacts): EventFields {
  const { userId, channelId, otherChannelIds } = after.shown;
  const previousChannelId = undefined;
  return { userId, channelId, previousChannelId, otherChannelIds, kind: undefined, occurredAt };
}

/** Returns all channels before and after the commit, without the current channel of either state. */
function otherChannelsOf({
  presence: { channelId, otherChannelIds },
  previousChannelId,
  previousOtherChannelIds,
}: PresenceEvent): readonly string[] {
  if (otherChannelIds.length === 0 && previousOtherChannelIds.length === 0) return NO_CHANNELS;
  const others = new Set([...otherChannelIds, ...previousOtherChannelIds]);
  if (channelId !== undefined) others.delete(channelId);
  if (previousChannelId !== undefined) others.delete(previousChannelId);
  return [...others];
}
