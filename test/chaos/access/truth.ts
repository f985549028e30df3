import { SLACK_MS } from '../timings.js';
import { REAPED_WITHIN_MS } from '../timings.js';
import type { FaultRecord, History } from '../history.js';
import { mayWatch, type Rights } from './tenants.js';

/** The time from the end of a session, as its client knows it, until every node knows it, and back. */
const NOTICED_WITHIN_MS = SLACK_MS + 1600;

interface Time {
  readonly from: number;
  readonly until: number;
}

/**
 * The states that viewers may have seen at which times, according to the commands of the users and their acknowledgements. Where a
 * time is uncertain, it counts in favour of the service.
 */
export class Truth {
  constructor(
    private readonly history: Pick<History, 'spans' | 'faults' | 'access'>,
    private readonly graceMs: number,
  ) {}

  /** Whether a viewer may have seen a user at some moment between two times. */
  mayBeSeen(userId: string, rights: Rights, time: Time): boolean {
    const { spans, access } = this.history;
    const isOfGroup = ({ groups = [] }: { readonly groups?: readonly string[] }): boolean =>
      groups.some((group) => rights.groups.includes(group));
    return (
      spans.some(
        (span) =>
          span.userId === userId &&
          isOfGroup(span) &&
          this.touches({ from: span.askedAt ?? span.from, until: span.until }, time),
      ) ||
      access.attempts.some(
        (attempt) =>
          attempt.userId === userId && isOfGroup(attempt) && this.touches(attempt, time, true),
      ) ||
      access.stays.some(
        (stay) =>
          stay.userId === userId &&
          mayWatch(rights, stay.channelId) &&
          this.touches({ from: stay.from, until: stay.until }, time),
      )
    );
  }

  /** Whether a user certainly hid from a viewer all the time between two times. */
  isHidden(userId: string, viewerId: string, { from, until }: Time): boolean {
    const { faults, access } = this.history;
    return access.hidden.some((hidden) => {
      if (hidden.userId !== userId || hidden.viewerId !== viewerId) return false;
      if (hidden.from === undefined || hidden.from > from) return false;
      // A command that was acknowledged immediately before a loss of Redis reaches the other nodes with the write-back.
      const wasLost = faults.some(
        (fault) => fault.name === 'Redis lost' && Math.abs(fault.from - hidden.from!) < SLACK_MS,
      );
      if (wasLost && from < hidden.from + REAPED_WITHIN_MS) return false;
      return (hidden.endAskedAt ?? Infinity) >= until;
    });
  }

  /** `isUnknown`: the client never learned whether its session began. */
  private touches(
    { from, until = Infinity }: { readonly from: number; readonly until?: number | undefined },
    time: Time,
    isUnknown = false,
  ): boolean {
    const isDisturbed = isUnknown || this.history.faults.some((fault) => isNear(fault, until));
    const noticedAt = until + NOTICED_WITHIN_MS + this.graceMs;
    const knownAt = isDisturbed ? noticedAt + REAPED_WITHIN_MS : noticedAt;
    return from - SLACK_MS <= time.until && time.from <= knownAt;
  }
}

/** Whether a fault may delay the news of the end of a session or a stay. */
function isNear({ from, until = Infinity }: FaultRecord, at: number): boolean {
  return at >= from - NOTICED_WITHIN_MS && at <= until + REAPED_WITHIN_MS;
}
