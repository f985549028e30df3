import type { Input } from '../domain/input.js';
import { RejectedError } from '../domain/rejected-error.js';

/** The outcome of an input. */
export type Outcome =
  /** The result is in the store, or nothing had to change. */
  | 'committed'
  /** A rule rejected the input. */
  | 'rejected'
  /** The store was unreachable. */
  | 'unavailable'
  /** An unexpected error occurred. */
  | 'failed';

export type CommandKind = Exclude<Input['type'], 'nodeLost' | 'nodeRenamed'>;

function noOutcomes(): Record<Outcome, number> {
  return { committed: 0, rejected: 0, unavailable: 0, failed: 0 };
}

/**
 * Counts the outcomes of inputs by kind, except the inputs that the stores create themselves (`nodeLost`,
 * `nodeRenamed`).
 */
export class CommandCounters {
  /** The compiler reports a kind that is missing here. */
  readonly counts: Readonly<Record<CommandKind, Record<Outcome, number>>> = {
    connect: noOutcomes(),
    disconnect: noOutcomes(),
    heartbeat: noOutcomes(),
    silent: noOutcomes(),
    activity: noOutcomes(),
    joinChannel: noOutcomes(),
    leaveChannel: noOutcomes(),
    setMute: noOutcomes(),
    setStatus: noOutcomes(),
    setAttributes: noOutcomes(),
    moderateMute: noOutcomes(),
    moveUser: noOutcomes(),
    removeUser: noOutcomes(),
    hideFrom: noOutcomes(),
    revokeTokens: noOutcomes(),
    forgetRevocation: noOutcomes(),
    time: noOutcomes(),
  };

  add(type: Input['type'], outcome: Outcome): void {
    if (type in this.counts) this.counts[type as CommandKind][outcome]++;
  }
}

/** Returns the outcome that an error means for its input. */
export function outcomeOf(error: unknown): Exclude<Outcome, 'committed'> {
  if (!(error instanceof RejectedError)) return 'failed';
  return error.reason === 'STORE_UNAVAILABLE' ? 'unavailable' : 'rejected';
}
