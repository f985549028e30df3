import { newUser } from '../../domain/user.js';
import type { PresenceEvent } from '../../domain/event.js';
import type { EndedSession } from '../../domain/session-transitions.js';
import type { Step } from '../../domain/step.js';
import type { User } from '../../domain/user.js';
import { readUser, UnreadableRecord } from './read-user.js';
import {
  eventFields,
  eventsOf,
  formatUser,
  type EndedFields,
  type EventFields,
} from './user-record.codec.js';

/** A place in the log of a partition. The token tells two logs apart that number alike: see `Partition`. */
export interface LogPosition {
  readonly epoch: string;
  /** How many commits came before it. */
  readonly seq: number;
  /** Of the batch that ends here; random. */
  readonly token: string;
}

/** What one commit did. */
export interface Commit {
  readonly user: User;
  readonly events: readonly PresenceEvent[];
  readonly ended: readonly EndedSession[];
  /** What others were shown before: the version that the events begin from. */
  readonly previousVersion: number;
}

/** Commits that were made together, as they are logged and published. */
export interface Batch {
  readonly before: LogPosition;
  readonly after: LogPosition;
  /**
   * Read when it is needed: most batches reach their own writer a second time. Throws `UnreadableRecord` for what no
   * version of the service that is known has written.
   */
  readonly entries: () => readonly Commit[];
}

type EntryFields = readonly [
  user: unknown,
  userId: string,
  previousVersion: number,
  events: EventFields | null,
  ended: EndedFields,
];

/** A commit as the script `commit` wants it: the record, and what else the log says of it. */
export function encodeCommit(before: User, { user, events, ended }: Step): [string, string] {
  const [, ...rest]: EntryFields = [
    null,
    user.userId,
    before.shown.version,
    eventFields(events),
    ended.map(({ sessionId, cause }) => [sessionId, cause] as const),
  ];
  return [formatUser(user), JSON.stringify(rest).slice(1, -1)];
}

/** A batch as the channel carries it. Undefined: the message is none. */
export function decodeMessage(message: string): Batch | undefined {
  // The batch itself may hold the separator.
  const match = /^([^|]+)\|(\d+)\|(\d+)\|([^|]*)\|([^|]*)\|(.*)$/s.exec(message);
  if (match === null) return undefined;
  const [, epoch, before, after, prev, token, batch] = match as unknown as readonly string[];
  return batchOf(epoch!, {
    before: before!,
    after: after!,
    prev: prev!,
    token: token!,
    batch: batch!,
  });
}

/** A batch as the stream holds it, by the number of its last commit. */
export function decodeLogEntry(epoch: string, id: string, fields: Logged): Batch {
  return batchOf(epoch, { ...fields, after: id.slice(0, id.indexOf('-')) });
}

/** The fields of an entry of the stream, as the script `commit` writes them. */
export interface Logged {
  readonly before: string;
  readonly prev: string;
  readonly token: string;
  readonly batch: string;
}

function batchOf(
  epoch: string,
  { before, after, prev, token, batch }: Logged & { readonly after: string },
): Batch {
  return {
    before: { epoch, seq: Number(before), token: prev },
    after: { epoch, seq: Number(after), token },
    entries: () => entriesOf(batch),
  };
}

function entriesOf(batch: string): readonly Commit[] {
  try {
    return (JSON.parse(batch) as readonly EntryFields[]).map(entryOf);
  } catch {
    throw new UnreadableRecord('a batch of the log is not readable');
  }
}

function entryOf([fields, userId, previousVersion, events, ended]: EntryFields): Commit {
  const user = fields === null ? newUser(userId) : readUser(userId, fields);
  return {
    user,
    events: eventsOf(user.shown, events),
    ended: ended.map(([sessionId, cause]) => ({ sessionId, cause })),
    previousVersion,
  };
}

export function isSamePlace(a: LogPosition, b: LogPosition): boolean {
  return a.seq === b.seq && a.token === b.token && a.epoch === b.epoch;
}

/** The revision of a user that the nth commit of a batch has written, as Redis keeps it. */
export function revisionOf({ before, after }: Batch, nth: number): string {
  return `${before.seq + nth + 1}.${after.token}`;
}
