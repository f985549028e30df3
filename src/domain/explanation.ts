import { inputOf, nextChange, type Deadline, type LooksIdle } from './deadlines.js';
import type { Policy } from './policy.js';
import type { Presence } from './presence.js';
import { step } from './step.js';
import type { User } from './user.js';

/** The cause of the status that a user has. */
export type StatusCause = 'NO_SESSION' | 'CHOSEN' | 'ACTIVE' | 'INACTIVE';

/** A deadline, and the shown presence after it. */
export type Transition = Exclude<Deadline, LooksIdle> & { readonly shown: Presence };

/** Returns the cause of the user's own status. */
export function causeOf({ own, choice }: User): StatusCause {
  if (own.status === 'OFFLINE') return 'NO_SESSION';
  if (own.status === choice) return 'CHOSEN';
  return own.status === 'IDLE' ? 'INACTIVE' : 'ACTIVE';
}

/**
 * Returns the next transition if nothing else happens, computed by the same rules that will apply it. Undefined: there
 * is none.
 */
export function nextTransition(user: User, policy: Policy): Transition | undefined {
  const deadline = nextChange(user, policy);
  if (deadline === undefined) return undefined;
  return { ...deadline, shown: step(user, inputOf(deadline), deadline.at, policy).user.shown };
}
