import type { Input } from '../domain/input.js';
import { RejectedError } from '../domain/rejected-error.js';

/** What can come of an input. */
export type Outcome =
  /** It is in the store, or there was nothing to change. */
  | 'committed'
  /** A rule says no. */
  | 'refused'
  /** The store was out of reach. */
  | 'unavailable'
  /** Something that nobody foresaw. */
  | 'failed';

type Kind = Exclude<Input['type'], 'nodeLost' | 'nodeRenamed'>;

const KINDS: readonly Kind[] = [
  'connect',
  'disconnect',
  'heartbeat',
  'silent',
  'activity',
  'joinChannel',
  'leaveChannel',
  'setMute',
  'setStatus',
  'time',
];

/** Counts what came of inputs, by their kind. What the stores do among themselves is not among them. */
export class CommandCounters {
  readonly counts = Object.fromEntries(
    KINDS.map((kind) => [kind, { committed: 0, refused: 0, unavailable: 0, failed: 0 }]),
  ) as Readonly<Record<Kind, Record<Outcome, number>>>;

  add(type: Input['type'], outcome: Outcome): void {
    if (type in this.counts) this.counts[type as Kind][outcome]++;
  }
}

/** What an error says of the input that led to it. */
export function outcomeOf(error: unknown): Exclude<Outcome, 'committed'> {
  if (!(error instanceof RejectedError)) return 'failed';
  return error.reason === 'STORE_UNAVAILABLE' ? 'unavailable' : 'refused';
}
