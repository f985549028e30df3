import { unrestrictedViewer } from '../domain/viewer.js';
import { presenceSeenBy, type Viewed } from '../domain/visibility.js';
import { concernsHiding, type CommitFacts } from './commit-facts.js';
import type { CommitViews } from './commit-views.js';
import type { LogEntry } from './entry.js';
import type { EventLog } from './event-log.js';
import { EVERYTHING, needsFacts, type Interest } from './filter.js';
import type { ResumePoint } from './resume-index.js';

const NONE: readonly LogEntry[] = [];

/** The changes that a reader has missed of a user whom it no longer sees. */
interface Missed {
  /** The state of the user at the position of the reader. */
  readonly from: Viewed;
  /** The last commit that ended the visibility of the user. */
  lastEnd: CommitFacts | undefined;
}

/**
 * Decides what a reader with groups receives when it resumes. About a user whom it does not see any more, it receives
 * only that the user is OFFLINE, and only if it saw the user at its position. An event may contain only what the reader
 * saw there.
 */
export class CatchUp {
  /** When the reader reaches this offset, it has received every commit from before its resume. */
  readonly until: number;
  private readonly gone = new Map<string, Missed>();

  constructor(
    log: EventLog,
    private readonly views: CommitViews,
    private readonly interest: Interest,
    { start, until, seqs }: ResumePoint,
    seesNow: (userId: string) => boolean,
  ) {
    this.until = log.head;
    const visible = new Set<string>();
    for (let position = start; position < this.until; position++) {
      const { userId, facts, partition, seq } = log.at(position)!;
      if (visible.has(userId) || position !== facts?.first) continue;
      if (position < until && seq <= seqs[partition]!) continue;
      const known = this.gone.get(userId);
      if (known !== undefined) this.follow(known, facts);
      else if (seesNow(userId)) visible.add(userId);
      else this.gone.set(userId, this.follow({ from: facts.before!, lastEnd: undefined }, facts));
    }
  }

  /** Undefined: the reader receives the events of the entry as if it had not resumed. */
  eventsAt({ userId, position }: LogEntry): readonly LogEntry[] | undefined {
    if (position >= this.until) return undefined;
    const missed = this.gone.get(userId);
    if (missed === undefined) return undefined;
    const { from, lastEnd } = missed;
    if (lastEnd?.first !== position) return NONE;
    // There is no difference if the reader did not see the user at its position.
    return this.views.entriesFor(this.interest, { ...lastEnd, before: from });
  }

  private follow(missed: Missed, facts: CommitFacts): Missed {
    if (this.sees(facts.before!) && !this.sees(facts.after)) missed.lastEnd = facts;
    return missed;
  }

  private sees(viewed: Viewed): boolean {
    return presenceSeenBy(this.interest.viewer, viewed).version > 0;
  }
}

/** Whether the log has all facts to derive what a reader has missed since an offset. */
export function canCatchUp(log: EventLog, interest: Interest, start: number): boolean {
  if (needsFacts(interest)) return start >= log.allFactsSince;
  for (let position = start; position < log.hiderFactsSince; position++) {
    const facts = log.at(position)?.facts;
    if (facts === undefined || facts.before !== undefined) continue;
    if (facts.after.hiddenFrom.has(interest.viewer.userId)) return false;
  }
  return true;
}

/**
 * Returns the number of events after an offset, as the read limit counts them. Events of a user who hides from the viewer
 * count only as far as the viewer receives them: the limit must not reveal what that user does.
 */
export function missedEvents(
  log: EventLog,
  views: CommitViews,
  { viewer: { userId } }: Interest,
  start: number,
): number {
  const interest = { viewer: unrestrictedViewer(userId), filter: EVERYTHING };
  let count = Math.max(0, log.head - Math.max(start, log.noHiderSince));
  for (let position = start; position < log.noHiderSince; position++) {
    const facts = log.at(position)?.facts;
    if (facts === undefined || !concernsHiding(facts, userId)) count++;
    else if (facts.first === position) count += views.entriesFor(interest, facts).length;
  }
  return count;
}
