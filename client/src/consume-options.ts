import {
  check,
  checkFunction,
  checkId,
  checkList,
  checkName,
  checkObject,
  checkOptions,
} from './arguments.js';
import type { Attributes } from './attributes.js';
import { KINDS, type EventKind } from './change.js';
import type { EventBatch } from './event-batch.js';
import type { SubscriptionFilter } from './subscription-stream.js';

/** Where a program stores the position of a consumer. A position is opaque text of at most 2100 characters. */
export interface PositionStore {
  /** Returns the position that was saved last. Empty, null or undefined: none. */
  load(): SavedPosition | Promise<SavedPosition>;
  /** Stores a position. It must be durable when the promise resolves. */
  save(position: string): unknown;
}

type SavedPosition = string | null | undefined;

/**
 * The users whose events a consumer hands over: those named, and those in one of the channels or groups. Without any of
 * these lists, all users, as far as the token may see them.
 */
export interface ConsumeOptions<A = Attributes> {
  /** Two consumers must not share a position, because each would skip events of the other. */
  readonly position: PositionStore;
  /**
   * Handles a batch. The consumer waits for the promise, saves the position and hands over the next batch. If the
   * function throws or its promise rejects, the consumer hands over the same batch again after a pause, for ever. So an
   * event can arrive again, and none is skipped.
   */
  readonly onEvents: (batch: EventBatch<A>) => unknown;
  /** At most 10000. */
  readonly users?: readonly string[];
  /** At most 1000. */
  readonly channels?: readonly string[];
  /** At most 1000. */
  readonly groups?: readonly string[];
  /** The kinds of event to hand over. Default: all. A snapshot contains all users in any case. */
  readonly kinds?: readonly EventKind[];
  /** Stops the consumer. */
  readonly signal?: AbortSignal;
}

/** Checks the options of a program and returns the filter of the subscription. */
export function filterOf(options: ConsumeOptions<never>): SubscriptionFilter {
  checkOptions(options);
  const { position, onEvents, users = [], channels = [], groups = [], kinds = [] } = options;
  checkObject(position, 'position', 'load', 'save');
  checkFunction(onEvents, 'onEvents');
  checkList(users, 'users', 10_000, checkId);
  checkList(channels, 'channels', 1000, checkId);
  checkList(groups, 'groups', 1000, checkId);
  checkList(kinds, 'kinds', 100, (kind, name) => checkName(kind, name, KINDS));
  return {
    userIds: [...users],
    channelIds: [...channels],
    groupIds: [...groups],
    kinds: kinds.map((kind) => KINDS[kind]),
  };
}

/** Returns the position that `load` returned. Throws if it is none. */
export function loadedPosition(value: unknown): string {
  check(
    value === undefined || value === null || typeof value === 'string',
    'position.load()',
    'must return a string, null or undefined',
  );
  return (value as SavedPosition) ?? '';
}
