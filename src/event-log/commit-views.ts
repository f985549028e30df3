import type { PresenceEvent } from '../domain/event.js';
import { channelIdsOf, type Presence } from '../domain/presence.js';
import {
  eventsBetween,
  FOLLOWED,
  presenceSeenBy,
  type Followed,
  type Viewed,
} from '../domain/visibility.js';
import type { Viewer } from '../domain/viewer.js';
import { concernsHiding, type CommitFacts } from './commit-facts.js';
import { fieldsOf, type LogEntry } from './entry.js';
import type { EventLog } from './event-log.js';
import { hasKind, matches, wantsEverything, type Filter, type Interest } from './filter.js';

/** The maximum size of what is remembered, in bytes. Events in use remain until their messages are built. */
const MAX_REMEMBERED_BYTES = 4 * 1024 * 1024;

/** The approximate size of a remembered result without its events, in bytes. Most viewers see nothing of a commit. */
const RESULT_BYTES = 256;

const NONE: readonly LogEntry[] = [];

/** The events of one commit that were encoded. */
interface Encoded {
  readonly byRights: Map<string, readonly LogEntry[]>;
  readonly byView: Map<string, readonly LogEntry[]>;
}

/**
 * The events of commits for the readers who do not see everything. Readers who see the same events of a commit share
 * the entries, so an event is encoded once for each view and not for each reader.
 */
export class CommitViews {
  private readonly commits = new Map<CommitFacts, Encoded>();
  private bytes = 0;
  private derivations = 0;

  constructor(private readonly log: EventLog) {}

  /** The approximate size of what is remembered, in bytes. */
  get size(): number {
    return this.bytes;
  }

  /**
   * Returns the entries of a commit for a reader, all of them or none. Throws if the log does not have the state before
   * the commit.
   */
  entriesFor({ viewer, filter }: Interest, facts: CommitFacts): readonly LogEntry[] {
    if (wantsEverything(filter)) return this.entriesOf(viewer, facts);
    if (filter.groupIds.size === 0) {
      return this.entriesOf(viewer, facts).filter((entry) => matches(filter, entry));
    }
    return this.derive(viewer, facts, filter).filter((entry) => hasKind(filter, entry));
  }

  /** Whether viewers with these rights see a difference, except the user and those from whom the user hides. */
  isSeen(viewer: Viewer, facts: CommitFacts): boolean {
    return this.entriesOf(viewer, facts).length > 0;
  }

  /** Forgets the encoded events. */
  clear(): void {
    this.commits.clear();
    this.bytes = 0;
  }

  /** The entries of a commit for a viewer who follows the user all the time. */
  private entriesOf(viewer: Viewer, facts: CommitFacts): readonly LogEntry[] {
    const { userId } = facts.after.shown;
    if (viewer.userId === userId || concernsHiding(facts, viewer.userId)) {
      return this.derive(viewer, facts);
    }
    const { byRights } = this.encodedOf(facts);
    let entries = byRights.get(viewer.rights);
    if (entries === undefined) {
      byRights.set(viewer.rights, (entries = this.derive(viewer, facts)));
      this.bytes += RESULT_BYTES;
    }
    return entries;
  }

  /** `filter`: decides whether the reader follows the user. Undefined: the reader does, before and after. */
  private derive(viewer: Viewer, facts: CommitFacts, filter?: Filter): readonly LogEntry[] {
    const { after, occurredAt, cause } = facts;
    const before = beforeOf(facts);
    const from = presenceSeenBy(viewer, before);
    const to = presenceSeenBy(viewer, after);
    const followed = filter ? followedBy(filter, [from, before], [to, after]) : FOLLOWED;
    if (!followed.before && !followed.after) return NONE;
    if (from === before.shown && to === after.shown && followed.before && followed.after) {
      return this.plainEntries(facts);
    }
    const events = eventsBetween(viewer, [from, to], after, occurredAt, cause, followed);
    if (events.length === 0) return NONE;
    const { byView } = this.encodedOf(facts);
    const view = keyOf(events);
    let entries = byView.get(view);
    if (entries === undefined) {
      byView.set(view, (entries = this.encode(events, facts)));
      this.bytes += RESULT_BYTES + view.length;
    }
    return entries;
  }

  private plainEntries({ first, end }: CommitFacts): readonly LogEntry[] {
    const entries: LogEntry[] = [];
    for (let position = first; position < end; position++) {
      const entry = this.log.at(position);
      if (entry?.kind !== undefined) entries.push(entry);
    }
    return entries;
  }

  private encode(events: readonly PresenceEvent[], facts: CommitFacts): readonly LogEntry[] {
    const { partition, seq, mark } = this.log.at(facts.end - 1)!;
    const encoded = events.map((event) => this.log.encode(event));
    const block = Buffer.concat(encoded);
    this.bytes += block.length;
    let end = 0;
    return events.map((event, nth) => {
      const start = end;
      end += encoded[nth]!.length;
      return {
        position: facts.first,
        ...fieldsOf(event),
        ...{ partition, seq, mark, block, start, end },
        tokenEnd: end,
        next: undefined,
        facts,
        derivation: ++this.derivations,
      };
    });
  }

  private encodedOf(facts: CommitFacts): Encoded {
    if (this.bytes > MAX_REMEMBERED_BYTES) this.clear();
    let encoded = this.commits.get(facts);
    if (encoded === undefined) {
      this.commits.set(facts, (encoded = { byRights: new Map(), byView: new Map() }));
      this.bytes += RESULT_BYTES;
    }
    return encoded;
  }
}

/**
 * Returns the state before a commit. No reader that needs the state reads a commit that lacks it: such a reader restarts
 * with a snapshot, see `Cursor.lacksState`.
 */
function beforeOf({ before }: CommitFacts): Viewed {
  if (before === undefined) throw new Error('the event log lacks the state before a commit');
  return before;
}

/**
 * Whether a filter with groups follows a user before and after a commit. A user who enters or leaves one of its channels
 * is followed before and after; a user who is OFFLINE is in no group.
 */
function followedBy(
  { userIds, channelIds, groupIds }: Filter,
  [from, before]: readonly [Presence, Viewed],
  [to, after]: readonly [Presence, Viewed],
): Followed {
  const isIn = (seen: Presence): boolean => channelIdsOf(seen).some((id) => channelIds.has(id));
  if (userIds.has(to.userId) || isIn(from) || isIn(to)) return FOLLOWED;
  const isOf = (seen: Presence, { groups }: Viewed): boolean =>
    seen.status !== 'OFFLINE' && groups.some((id) => groupIds.has(id));
  return { before: isOf(from, before), after: isOf(to, after) };
}

/** Returns the same key only for equal events. */
function keyOf(events: readonly PresenceEvent[]): string {
  // A replacer would be called for each channel.
  return JSON.stringify(events.map((event) => [event, [...event.presence.attributes]]));
}
