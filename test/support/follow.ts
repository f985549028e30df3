import { inputOf, nextDeadline } from '../../src/domain/deadlines.js';
import type { Policy } from '../../src/domain/policy.js';
import { RejectedError } from '../../src/domain/rejected-error.js';
import { step, type Step } from '../../src/domain/step.js';
import { newUser, type User } from '../../src/domain/user.js';
import type { Line } from './play.js';

/** More deadlines than one user can reach before something else happens. */
export const ENOUGH = 100;

/** Calls `check` with the user before and after every step of a history. Each deadline is processed when it is due. */
export function follow(
  lines: readonly Line[],
  policy: Policy,
  check: (before: User, next: Step, line: Line) => void,
): void {
  let user = newUser('alice');
  const take = (line: Line): void => {
    const next = attempt(user, line, policy);
    if (next === undefined) return;
    check(user, next, line);
    ({ user } = next);
  };
  for (const line of lines) {
    for (let due = nextDeadline(user, policy), dues = 0; due && due.at <= line[0]; dues++) {
      if (dues > ENOUGH) throw new Error('time never gets through with what is due');
      take([due.at, inputOf(due)]);
      due = nextDeadline(user, policy);
    }
    take(line);
  }
}

/** Returns undefined if the input is rejected. */
export function attempt(user: User, [at, input]: Line, policy: Policy): Step | undefined {
  try {
    return step(user, input, at, policy);
  } catch (error) {
    if (error instanceof RejectedError) return undefined;
    throw error;
  }
}
