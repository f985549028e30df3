import { LISTED_STATUSES, type Presence } from '../domain/presence.js';
import { followsEveryone, type Interest } from '../event-log/filter.js';
import { sumOf } from '../store/presence-reader.js';
import type { PresenceView } from '../store/presence-view.js';
import { TimeSlice } from '../timers/time-slice.js';
import { collect } from './snapshot.js';

/** Up to this number of users, a snapshot begins at once. Many larger ones would form one long slice. */
const FEW = 100;

/** The presences of users by id, as of one moment. */
export type Snapshot = ReadonlyMap<string, Presence>;

/** The reader of a snapshot. */
export interface SnapshotReader<T> {
  readonly interest: Interest;
  /** Whether the stream of the reader has ended. The snapshot is then not completed. */
  readonly isClosed: () => boolean;
  /** Pays for the presences that were read, also if the snapshot is not completed. */
  readonly charge: (presences: number) => void;
  /** Called at the moment that the snapshot is of, before any other commit. */
  readonly use: (snapshot: Snapshot) => T;
}

/**
 * Takes snapshots in slices of the event loop. Only one large snapshot is taken at a time: while it is taken, each commit adds
 * to what it must read again.
 */
export class Snapshots {
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly view: PresenceView) {}

  /**
   * Takes a snapshot, and returns the result of `use`. Returns a promise if it takes several slices, which resolves with
   * undefined if the stream ends before.
   */
  take<T>({ interest, isClosed, charge, use }: SnapshotReader<T>): T | Promise<T | undefined> {
    const presences = new Map<string, Presence>();
    const slice = new TimeSlice();
    const work = collect(this.view, interest, presences, slice);
    const end = (): T => {
      charge(presences.size);
      return use(presences);
    };
    if (!this.isLarge(interest) && work.next().done === true) return end();
    const continued = async (): Promise<T | undefined> => {
      for (;;) {
        if (followsEveryone(interest.filter)) await this.view.prepare(interest.viewer);
        await slice.next();
        if (isClosed()) {
          work.return();
          charge(presences.size);
          return undefined;
        }
        if (work.next().done === true) return end();
      }
    };
    const taken = this.last.then(continued);
    this.last = taken.catch(() => {});
    return taken;
  }

  private isLarge({ viewer, filter }: Interest): boolean {
    const { view } = this;
    if (followsEveryone(filter))
      return view.countListed(LISTED_STATUSES) > FEW || view.needsPreparation(viewer);
    let size = filter.userIds.size;
    for (const channelId of filter.channelIds) size += view.countMembers(channelId);
    for (const groupId of filter.groupIds)
      size += sumOf(view.countsInGroup(groupId), LISTED_STATUSES);
    return size > FEW;
  }
}
