import type { EventBatch, ResetReason } from '#client';
import { eventInWords, presenceInWords } from './in-words.js';
import { counted, jsonLine, style } from './text.js';

const RESETS: Readonly<Record<ResetReason, string>> = {
  'first-start': 'there is no position',
  'filter-changed': 'the position was stored for other users, channels, groups or kinds',
  'position-lost': 'the service no longer has the position',
};

/** Describes a batch: first the snapshot after a reset, then one line for each event. */
export function batchInWords({ reset, events }: EventBatch): string[] {
  const lines = events.map(eventInWords);
  if (reset === undefined) return lines;
  const count = counted(reset.presences.length, 'user');
  return [
    style('gray', `Snapshot of ${count}, because ${RESETS[reset.reason]}:`),
    ...reset.presences.map(presenceInWords),
    ...lines,
  ];
}

/** Formats a batch as lines of JSON, each of which says in `type` what it is. */
export function batchAsJson({ reset, events }: EventBatch): string[] {
  const lines = events.map((event) => jsonLine({ type: 'event', ...event }));
  if (reset === undefined) return lines;
  const { reason, presences } = reset;
  return [
    jsonLine({ type: 'reset', reason, users: presences.length }),
    ...presences.map((presence) => jsonLine({ type: 'presence', ...presence })),
    ...lines,
  ];
}
