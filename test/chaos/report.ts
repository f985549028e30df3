import type { Mutant } from './mutant.js';
import { isKept, type Outcome } from './outcome.js';

/** The number of violations of a check that are printed. Further ones are usually similar. */
const VIOLATIONS_SHOWN = 5;

/**
 * Prints the result of a scenario and the command that repeats it. Returns whether all promises
 * were kept.
 */
export function report(name: string, again: string, outcome: Outcome): boolean {
  const broken = [...outcome.violations].filter(([, violations]) => violations.length > 0);
  const { seconds, events, commands, webhookEvents, agreedAfterMs } = outcome;
  const verdict = isKept(outcome) ? 'kept' : 'BROKEN';
  console.log(
    `${verdict.padEnd(7)}${name.padEnd(22)}${seconds.toFixed(0).padStart(4)} s  ${commands} commands, ${events} events, ${webhookEvents} by webhook, agreed after ${agreedAfterMs ?? '?'} ms`,
  );
  for (const [check, violations] of broken) {
    console.log(`  ${check}: ${violations.length} violations`);
    for (const violation of violations.slice(0, VIOLATIONS_SHOWN)) console.log(`    ${violation}`);
  }
  if (broken.length > 0) console.log(`  again: ${again}`);
  return broken.length === 0;
}

/** Prints and returns whether a mutant was caught by a check that must catch it. */
export function reportMutant({ name, caughtBy }: Mutant, { violations }: Outcome): boolean {
  const broken = [...violations].filter(([, all]) => all.length > 0).map(([check]) => check);
  const isCaught = caughtBy.some((check) => broken.includes(check));
  const by = broken.length === 0 ? 'nothing' : broken.join(', ');
  console.log(`${(isCaught ? 'caught' : 'MISSED').padEnd(9)}${name.padEnd(22)}noticed by ${by}`);
  return isCaught;
}
