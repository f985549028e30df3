import { createHash } from 'node:crypto';
import { fromBinary, toJson } from '@bufbuild/protobuf';
import {
  PresenceEventSchema,
  SubscribeResponseSchema,
} from '#contract/presence/v1/events_service_pb.js';
import type { EventKind } from '../domain/event.js';
import type { CommitPosition } from '../store/presence-store.js';

/** An event in a commit. */
export interface Occurrence {
  readonly commit: CommitPosition;
  /** The number of the event in its commit, from 0. */
  readonly number: number;
  readonly kind: EventKind;
  readonly userId: string;
  readonly occurredAt: number;
  /** The event in a message of a subscription, as the event log holds it. */
  readonly fragment: Uint8Array;
}

/** A time in which events of a partition may be missing, in milliseconds since the epoch. */
export interface Gap {
  readonly partition: number;
  /** When the last event before the gap occurred. Undefined: it is not known. */
  readonly from: number | undefined;
  readonly to: number;
}

/** An event as JSON in the format of CloudEvents 1.0, and its id. */
export interface CloudEvent {
  readonly id: string;
  readonly json: string;
}

/** Returns the name of a kind in settings and in the attribute `type`. */
export function kindName(kind: EventKind): Lowercase<EventKind> {
  return kind.toLowerCase() as Lowercase<EventKind>;
}

/** Converts an event. Every node that holds the commit gives the event the same id. */
export function cloudEventOf(source: string, occurrence: Occurrence): CloudEvent {
  const { commit, number, kind, userId, occurredAt, fragment } = occurrence;
  const event = fromBinary(SubscribeResponseSchema, fragment).events[0]!;
  const { partition, seq, mark } = commit;
  // The digest hides the number of the commit, from which one could conclude how much unseen users do. The event takes
  // part because a node that had to read a partition again reports all differences with one commit.
  const version = event.presence?.version ?? 0;
  const id = digestOf([partition, seq, mark, number, userId, version, kind, event.reason]);
  return cloudEvent({
    ...{ id, source, type: `presence.v1.${kindName(kind)}`, subject: userId },
    ...{ time: occurredAt, data: toJson(PresenceEventSchema, event) },
  });
}

/** Returns the event that reports a gap. */
export function gapEventOf(source: string, { partition, from, to }: Gap): CloudEvent {
  return cloudEvent({
    ...{ id: digestOf(['gap', partition, from, to]), source, type: 'presence.v1.gap', time: to },
    data: { ...(from !== undefined && { from: timeOf(from) }), to: timeOf(to) },
  });
}

/** Returns the id of a batch, which follows from its events: the same events have the same id. */
export function batchIdOf(events: readonly CloudEvent[]): string {
  return digestOf(events.map(({ id }) => id));
}

function cloudEvent({
  id,
  source,
  type,
  subject,
  time,
  data,
}: {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly time: number;
  readonly data: unknown;
}): CloudEvent {
  const attributes = { specversion: '1.0', id, source, type, subject, time: timeOf(time) };
  return { id, json: JSON.stringify({ ...attributes, datacontenttype: 'application/json', data }) };
}

function digestOf(parts: readonly unknown[]): string {
  const text = JSON.stringify(parts, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
