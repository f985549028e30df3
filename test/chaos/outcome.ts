import { judge } from './checks/all-checks.js';
import type { Evidence } from './evidence.js';

/** The violations of the checks, and how much data they checked. */
export interface Outcome {
  readonly violations: ReadonlyMap<string, readonly string[]>;
  readonly seconds: number;
  readonly events: number;
  readonly commands: number;
  /** The events that the receiver of webhooks has stored, with repetitions. */
  readonly webhookEvents: number;
  readonly agreedAfterMs: number | undefined;
}

export function outcomeOf(evidence: Evidence, startedAt: number): Outcome {
  const { history, agreedAfterMs } = evidence;
  return {
    violations: judge(evidence),
    seconds: (Date.now() - startedAt) / 1000,
    events: history.stretches.reduce((sum, { deliveries }) => sum + deliveries.length, 0),
    commands: history.commands,
    webhookEvents: history.webhooks.stored.reduce((sum, one) => sum + one.events.length, 0),
    agreedAfterMs,
  };
}

export function isKept({ violations }: Outcome): boolean {
  return [...violations.values()].every((all) => all.length === 0);
}
