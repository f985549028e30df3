import { newUser } from '../../domain/user.js';
import type { PresenceEvent, Reason } from '../../domain/event.js';
import { eventsOf as stepEvents, type Step } from '../../domain/step.js';
import type { EndedSession } from '../../domain/session-transitions.js';
import type { User } from '../../domain/user.js';
import { changesViewers } from '../../domain/visibility.js';
import type { CommitPosition } from '../presence-store.js';
import { text, UnreadableRecord } from './record-fields.js';
import {
  endedFields,
  endedOf,
  eventFields,
  eventsOf,
  NOTHING_ENDED,
  type EndedFields,
  type EventFields,
} from './presence-record.codec.js';
import { changedUser, changeFields, type ChangeFields } from './user-change.codec.js';
import { formatUser, readUser } from './user-record.codec.js';

/**
 * A position in the log of a partition. The token distinguishes two logs with the same numbers: see `PartitionReplica`.
 */
export interface LogPosition {
  readonly epoch: string;
  /** The number of commits before this position. */
  readonly seq: number;
  /** The random token of the batch that ends here. */
  readonly token: string;
}

/** A commit in the log of a partition. */
export interface LoggedCommit {
  /** The state of the user before, as the decoder has read it from the replica. Undefined: it did not read it. */
  readonly before?: User | undefined;
  readonly user: User;
  readonly events: readonly PresenceEvent[];
  readonly ended: readonly EndedSession[];
  /** The version of the shown presence before the commit, from which the events start. */
  readonly previousVersion: number;
  /**
   * When the commit was made, in service time. Undefined: the entry does not contain it, because no viewer sees a
   * difference or the commit is older than access rules.
   */
  readonly occurredAt: number | undefined;
  readonly cause: Reason;
  /**
   * Whether the record may lack access rules and what sessions have from their tokens, because a node of a version without
   * them may have written it.
   */
  readonly mayLackAccess: boolean;
  /**
   * Whether the commit writes the user back after Redis has lost data. Its events do not lead from the commits before it in
   * the log to its user.
   */
  readonly isRepair: boolean;
}

/** Commits of one write, as they are logged and published. */
export interface Batch {
  readonly before: LogPosition;
  readonly after: LogPosition;
  /** When it was logged, in service time. Undefined: not read from the log, or of a version that logs no time. */
  readonly loggedAt?: number | undefined;
  /**
   * Whether it is the empty batch with which a node has recorded that Redis lost commits before it. No position before it can
   * be continued.
   */
  readonly isLossMark: boolean;
  /**
   * Decodes the commits. A batch that is not applied, because the node has it already, is not decoded. `known` finds the
   * state of a user before, from which the decoded users share texts and lists. Throws `UnreadableRecord` for data that no
   * known version of the service has written, and `UnknownUser`.
   */
  readonly entries: (known?: KnownUsers) => readonly LoggedCommit[];
}

/** Finds the state of a user that Redis stores at a log position. Undefined: Redis has none, or the node does not know it. */
export type KnownUsers = (userId: string) => User | undefined;

/** A message has only the changes of a user whose stored state the node does not know. The partition log has the record. */
export class UnknownUser extends Error {}

type EntryFields = readonly [
  user: unknown,
  userId: string,
  previousVersion: number,
  events: EventFields | null,
  ended: EndedFields,
  /** See `TimeAndCause`. Missing in entries of versions without access rules. */
  timeAndCause?: TimeAndCause | 0,
  isRepair?: 1,
];

/** When a commit was made, and why. Zero: the events contain both, or no viewer sees a difference. */
type TimeAndCause = readonly [occurredAt: number, cause: Reason];

/**
 * Encodes a commit for the script `commit`: the record, and the rest of the log entry. `isRepair`: see `LoggedCommit`.
 */
export function encodeCommit(before: User, step: Step, isRepair = false): [string, string] {
  const { user, events, ended } = step;
  const [, ...rest]: EntryFields = [
    null,
    user.userId,
    before.shown.version,
    eventFields(events),
    endedFields(ended),
    timeAndCauseOf(before, step),
  ];
  return [formatUser(user), JSON.stringify(rest).slice(1, -1) + (isRepair ? ',1' : '')];
}

/** Encodes a commit for a message with changes. Undefined: the message must contain the log entry; see `changeFields`. */
export function encodeChange(before: User, step: Step): string | undefined {
  const fields = changeFields(before, step);
  return fields && JSON.stringify(fields);
}

function timeAndCauseOf(
  before: User,
  { user, events: [first], occurredAt, cause }: Step,
): TimeAndCause | 0 {
  const isSaid =
    first === undefined
      ? !changesViewers(before, user)
      : first.occurredAt === occurredAt && first.reason === cause;
  return isSaid ? 0 : [occurredAt, cause];
}

/**
 * Decodes a pub/sub message. Undefined: the message is not a batch. A message that begins with `|2|` has the changes of users, and
 * not their records: see `encodeChange`. Nodes of earlier releases ignore it.
 */
export function decodeMessage(message: string): Batch | undefined {
  const match = /^(\|2\|)?([^|]+)\|(\d+)\|(\d+)\|([^|]*)\|([^|]*)\|/.exec(message);
  if (match === null) return undefined;
  const [head, format, epoch, before, after, prev, token] = match as unknown as [
    string,
    string | undefined,
    ...string[],
  ];
  const batch = message.slice(head.length);
  const logged = { before: before!, after: after!, prev: prev!, token: token!, batch };
  return batchOf(epoch!, logged, format === undefined ? entriesOf : changedEntriesOf);
}

/** Decodes a stream entry. Its id is the number of the last commit of the batch. */
export function decodeLogEntry(epoch: string, id: string, fields: Logged): Batch {
  const batch = batchOf(epoch, { ...fields, after: id.slice(0, id.indexOf('-')) });
  return fields.at === undefined ? batch : { ...batch, loggedAt: Number(fields.at) };
}

/** The fields of a stream entry, as the script `commit` writes them. */
export interface Logged {
  readonly before: string;
  readonly prev: string;
  readonly token: string;
  readonly batch: string;
  /** Missing in entries of older versions. */
  readonly at?: string;
}

function batchOf(
  epoch: string,
  { before, after, prev, token, batch }: Logged & { readonly after: string },
  decode = entriesOf,
): Batch {
  return {
    before: { epoch, seq: Number(before), token: prev },
    after: { epoch, seq: Number(after), token },
    isLossMark: batch === '[]',
    entries: (known) => decode(batch, known),
  };
}

function entriesOf(batch: string, known?: KnownUsers): readonly LoggedCommit[] {
  try {
    return (JSON.parse(batch) as readonly EntryFields[]).map((entry) =>
      entryOf(entry, known?.(entry[1])),
    );
  } catch {
    throw new UnreadableRecord('a batch in the partition log is unreadable');
  }
}

/** Decodes the entries of a message with changes. An entry with a record has the form that it has in the log. */
function changedEntriesOf(batch: string, known?: KnownUsers): readonly LoggedCommit[] {
  try {
    const entries = JSON.parse(batch) as readonly (EntryFields | ChangeFields)[];
    return entries.map((entry) =>
      typeof entry[0] === 'string'
        ? changedEntryOf(entry as ChangeFields, known)
        : entryOf(entry as EntryFields, known?.(entry[1] as string)),
    );
  } catch (error) {
    if (error instanceof UnknownUser) throw error;
    throw new UnreadableRecord('a message with changes is unreadable');
  }
}

function changedEntryOf(fields: ChangeFields, known?: KnownUsers): LoggedCommit {
  const before = known?.(fields[0]);
  if (before === undefined) throw new UnknownUser('a message changes an unknown user');
  const user = changedUser(before, fields);
  const [occurredAt, cause, ended] = [fields[1], fields[2], fields[3]];
  return {
    before,
    user,
    events: stepEvents(before.shown, user.shown, occurredAt, cause),
    ended: ended === 0 ? NOTHING_ENDED : endedOf(ended),
    previousVersion: before.shown.version,
    occurredAt,
    cause,
    mayLackAccess: false,
    isRepair: false,
  };
}

function entryOf(entry: EntryFields, known: User | undefined): LoggedCommit {
  const userId = known?.userId ?? text(entry[1]);
  const user = entry[0] === null ? newUser(userId) : readUser(userId, entry[0], known);
  const events = eventsOf(user.shown, entry[3]);
  const timeAndCause = entry[5];
  return {
    before: known,
    user,
    events,
    ended: endedOf(entry[4]),
    previousVersion: entry[2],
    occurredAt: timeAndCause ? timeAndCause[0] : events[0]?.occurredAt,
    cause: timeAndCause ? timeAndCause[1] : (events[0]?.reason ?? 'UNKNOWN'),
    mayLackAccess: timeAndCause === undefined,
    isRepair: entry[6] === 1,
  };
}

export function isSamePosition(a: LogPosition, b: LogPosition): boolean {
  return a.seq === b.seq && a.token === b.token && a.epoch === b.epoch;
}

/** The position after the nth commit of a batch. */
export function positionAfter(
  { before, after: { epoch, token } }: Batch,
  nth: number,
): LogPosition {
  return { epoch, seq: before.seq + nth + 1, token };
}

/** The revision that the nth commit of a batch gives to its user, as Redis stores it. */
export function revisionOf({ before, after }: Batch, nth: number): string {
  return formatRevision(before.seq + nth + 1, after.token);
}

/** The revision of a user after the commit with this number, in a batch with this token. */
export function formatRevision(seq: number, token: string): string {
  // A template would make a string of several parts, which takes twice the memory.
  return [seq, token].join('.');
}

/** The position in the log of a partition, as all nodes and resume tokens name it. */
export function commitPosition(partition: number, { seq, token }: LogPosition): CommitPosition {
  // All commits of a batch have its token.
  if (token !== lastMark.token) lastMark = { token, mark: markOf(token) };
  return { partition, seq, mark: lastMark.mark };
}

let lastMark = { token: '', mark: 0 };

function markOf(token: string): number {
  const bytes = Buffer.from(token, 'base64url');
  // A token written by another program may be shorter.
  return bytes.length < 4 ? 0 : bytes.readUInt32LE();
}
