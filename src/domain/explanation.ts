import { inputOf, nextDeadline, type Deadline } from './deadlines.js';
import type { Policy } from './policy.js';
import type { Presence } from './presence.js';
import { step } from './step.js';
import type { User } from './user.js';

/** What decides the status that a user has. */
export type StatusCause = 'NO_SESSION' | 'CHOSEN' | 'ACTIVE' | 'INACTIVE';

/** Something that time will bring about, and what others are shown then. */
export type Transition = Deadline & { readonly shown: Presence };

/** Why the user's own status is what it is. */
export function causeOf({ own, choice }: User): StatusCause {
  if (own.status === 'OFFLINE') return 'NO_SESSION';
  if (own.status === choice) return 'CHOSEN';
  return own.status === 'IDLE' ? 'INACTIVE' : 'ACTIVE';
}

/** What comes next if nothing else happens, by the very rules that will bring it about. Undefined: nothing does. */
export function nextTransition(user: User, policy: Policy): Transition | undefined {
  const matter = nextDeadline(user, policy);
  if (matter === undefined) return undefined;
  return { ...matter, shown: step(user, inputOf(matter), matter.at, policy).user.shown };
}
