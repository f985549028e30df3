import { Injectable } from '@nestjs/common';
import { REJECTION_REASONS, type RejectionReason } from '../domain/rejected-error.js';

/** The setting behind each reason; the rate of new sessions has none. Other reasons have nothing to do with limits. */
const LIMIT_OF_REASON = {
  TOO_MANY_COMMANDS: 'MAX_COMMANDS_PER_SECOND_PER_SESSION_PER_NODE',
  TOO_MANY_CALLS: 'MAX_CALLS_PER_SECOND_PER_USER_PER_NODE',
  TOO_MANY_PRESENCES: 'MAX_PRESENCES_PER_SECOND_PER_USER_PER_NODE',
  TOO_MANY_SESSIONS: 'MAX_SESSIONS_PER_USER',
  TOO_MANY_SUBSCRIPTIONS: 'MAX_SUBSCRIPTIONS_PER_USER_PER_NODE',
  TOO_MANY_NEW_SESSIONS: 'NEW_SESSIONS_PER_SECOND',
  NODE_FULL: 'MAX_SESSIONS_PER_NODE',
  OUT_OF_MEMORY: 'MAX_HEAP_PERCENT',
} as const satisfies Partial<Record<RejectionReason, string>>;

type Limit = (typeof LIMIT_OF_REASON)[keyof typeof LIMIT_OF_REASON];

/** The reasons that the service itself gives. The transport has others, which are not counted. */
export type CountedReason = RejectionReason | 'INTERNAL_ERROR';

const COUNTED: readonly CountedReason[] = [...REJECTION_REASONS, 'INTERNAL_ERROR'];

/** Counts the failed calls, for the operators of the service. */
@Injectable()
export class RejectionCounters {
  /** Failed calls and streams by the reason that the caller received. */
  readonly reasons = Object.fromEntries(COUNTED.map((reason) => [reason, 0])) as Record<
    CountedReason,
    number
  >;
  /** Calls that were rejected by a limit, by the setting of that limit. */
  readonly counts = Object.fromEntries(
    Object.values(LIMIT_OF_REASON).map((limit) => [limit, 0]),
  ) as Record<Limit, number>;

  /** Counts an error. Reasons of the transport are not counted. */
  add(reason: string): void {
    if (!(reason in this.reasons)) return;
    this.reasons[reason as CountedReason]++;
    const limit = (LIMIT_OF_REASON as Readonly<Record<string, Limit>>)[reason];
    if (limit !== undefined) this.counts[limit]++;
  }
}
