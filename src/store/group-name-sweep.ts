import { countGroupNames, keepGroups, renewGroupNames } from '../domain/shared-groups.js';
import type { User } from '../domain/user.js';
import { groupsOf } from '../domain/visibility.js';
import { SingleFlight } from '../timers/single-flight.js';
import { TimeSlice } from '../timers/time-slice.js';

/** The maximum number of names of groups that stay in memory although no user has the group. They take about a megabyte. */
const MAX_UNUSED = 10_000;

/** Drops the names of groups that no user has any more, in slices of the event loop. */
export class GroupNameSweep {
  private limit = MAX_UNUSED;
  private readonly sweeping = new SingleFlight(() => this.sweep());

  /** `users`: yields all users of the store, also while users change. */
  constructor(private readonly users: () => Iterable<User>) {}

  /** Begins a sweep if half of the names may be unused. Call it at an interval. */
  async runIfDue(): Promise<void> {
    if (countGroupNames() > this.limit) await this.sweeping.runIfIdle();
  }

  private async sweep(): Promise<void> {
    renewGroupNames();
    const slice = new TimeSlice();
    for (const user of this.users()) {
      for (const { groups } of user.sessions) keepGroups(groups);
      keepGroups(groupsOf(user));
      if (slice.isOver) await slice.next();
    }
    this.limit = 2 * countGroupNames() + MAX_UNUSED;
  }
}
