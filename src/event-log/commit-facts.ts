import type { Reason } from '../domain/event.js';
import { changesViewers, viewedOf, type Viewed } from '../domain/visibility.js';
import type { Commit } from '../store/presence-store.js';

/** The facts that decide how a viewer sees a commit. */
export interface ViewedChange {
  /** Undefined: this node does not know the state before the commit, because the commit was replayed. */
  readonly before: Viewed | undefined;
  readonly after: Viewed;
  /** The service time of the commit, and its cause. */
  readonly occurredAt: number;
  readonly cause: Reason;
}

/** A commit in the event log, for the readers who do not see it as it is in the log. */
export interface CommitFacts extends ViewedChange {
  /** The offset of the first entry of the commit, and the offset after the last one. */
  readonly first: number;
  readonly end: number;
}

/** Returns what decides how viewers see a commit. */
export function viewedChange({ before, user, occurredAt, cause }: Commit): ViewedChange {
  return { before: before && viewedOf(before), after: viewedOf(user), occurredAt, cause };
}

/** Returns the same if a viewer does not see the commit as it is because the user hides or has hidden. */
export function hidingChange(commit: Commit): ViewedChange | undefined {
  const { before, user } = commit;
  const hidden = user.accessRules.hiddenFrom.size + (before?.accessRules.hiddenFrom.size ?? 0);
  return hidden === 0 ? undefined : viewedChange(commit);
}

/** Whether the user hides, or has hidden, from anyone before or after the commit. */
export function isOfHider({ before, after }: ViewedChange): boolean {
  return after.hiddenFrom.size > 0 || (before?.hiddenFrom.size ?? 0) > 0;
}

/**
 * Whether a commit without events can cause events for some viewers. The state before a replayed commit is unknown, so
 * such a commit can.
 */
export function isSilent({ before, user, events }: Commit): boolean {
  return events.length === 0 && (before === undefined || changesViewers(before, user));
}

/** Whether the user hides, or has hidden, from a viewer before or after the commit. */
export function concernsHiding({ before, after }: ViewedChange, viewerId: string): boolean {
  return after.hiddenFrom.has(viewerId) || (before?.hiddenFrom.has(viewerId) ?? false);
}

/** The viewers whom `concernsHiding` concerns. A viewer can occur twice. */
export function* hiddenViewers({ before, after }: ViewedChange): Generator<string> {
  yield* after.hiddenFrom.keys();
  if (before !== undefined && before.hiddenFrom !== after.hiddenFrom)
    yield* before.hiddenFrom.keys();
}
