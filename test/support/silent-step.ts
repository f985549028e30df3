import type { Step } from '../../src/domain/step.js';
import type { User } from '../../src/domain/user.js';

/** A step that changes a user without an event, as the commands that change who may see the user do. */
export function silentStep(user: User, changed: Partial<User>, occurredAt: number): Step {
  return {
    user: { ...user, ...changed },
    ...{ occurredAt, cause: 'REQUESTED', events: [], ended: [], wakeAt: undefined },
  };
}
