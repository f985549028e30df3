import { randomInt } from 'node:crypto';
import { concat, defer, NEVER, of, Subject } from 'rxjs';
import type { Step } from '../../domain/step.js';
import { isForgotten, newUser, retainOnEviction, type User } from '../../domain/user.js';
import { changesViewers } from '../../domain/visibility.js';
import {
  PresenceStore,
  type Commit,
  type CommitPosition,
  type UserKey,
  type UserUpdate,
} from '../presence-store.js';
import { GroupNameSweep } from '../group-name-sweep.js';
import { PresenceView } from '../presence-view.js';
import type { StoreMetrics, StoreStatus } from '../store-status.js';
import { UserTable, type TableSizes } from '../user-table.js';

export interface MemoryStoreOptions {
  /**
   * The maximum number of remembered users who are OFFLINE to others. Those who have been OFFLINE for longest are
   * evicted first.
   */
  readonly maxOfflineUsers: number;
}

/** The metrics that concern a remote store. */
const NOTHING_TO_LOSE: Omit<StoreMetrics, keyof TableSizes> = {
  failures: 0,
  stalenessMs: 0,
  nodes: 1,
  differingNodes: 0,
  clockSkewMs: 0,
  resyncs: {},
  keysLost: {},
  writtenBack: 0,
  unreadableUsers: 0,
  gapsFilled: 0,
  fenced: 0,
  reaped: 0,
};

/** The presence store of a single node, in memory. A restart loses all data. */
export class MemoryPresenceStore extends PresenceStore {
  readonly view: PresenceView = new PresenceView(
    () => this.table,
    // Every change is in the view before it is acknowledged.
    () => Promise.resolve(),
  );
  private readonly table = new UserTable(this.view);
  private readonly groupNames = new GroupNameSweep(() => this.table.all());
  private readonly committed = new Subject<Commit>();
  readonly commits = this.committed.asObservable();
  // Nothing is ever missed in memory.
  readonly partitionResets = defer(() => concat(of(this.last), NEVER));
  private last: CommitPosition = { partition: 0, seq: 0, mark: randomInt(2 ** 32) };

  constructor(private readonly options: MemoryStoreOptions) {
    super();
  }

  readonly status: StoreStatus = {
    // There are no other nodes, so any node id is valid.
    node: 'memory',
    problem: undefined,
    metrics: () => ({ ...NOTHING_TO_LOSE, ...this.table.sizes }),
  };

  // Runs synchronously, so no other commit in this process can come in between.
  async update(userId: string, change: UserUpdate): Promise<Step> {
    const held = this.table.get(userId);
    const before = held?.user ?? newUser(userId);
    const step = change(before);
    if (step.user !== before) {
      this.table.upsert(held, before, step.user, step.wakeAt);
      if (isForgotten(step.user)) this.table.evict(userId, undefined);
      else if (step.user.shown.status === 'OFFLINE') this.forgetLongestGone();
      this.publish(before, step);
    } else if (held !== undefined) {
      this.table.wake(held, step.wakeAt);
    }
    return step;
  }

  get(by: { readonly userId: string }): Promise<User>;
  get(by: { readonly sessionId: string }): Promise<User | undefined>;
  async get(by: UserKey): Promise<User | undefined> {
    const userId = 'userId' in by ? by.userId : this.table.ownerOf(by.sessionId);
    return userId === undefined ? undefined : this.table.find(userId);
  }

  async claimDue(now: number, limit: number, wallAheadMs = 0): Promise<readonly string[]> {
    void this.groupNames.runIfDue();
    await this.table.followWall(wallAheadMs);
    return this.table.claimDue(now, limit);
  }

  private publish(before: User, { user, occurredAt, cause, events, ended }: Step): void {
    // Commits that no viewer can see are not counted, because a resume token would reveal them.
    const { partition, seq, mark } = this.last;
    if (events.length > 0 || changesViewers(before, user))
      this.last = { partition, seq: seq + 1, mark };
    this.committed.next({
      before,
      user,
      occurredAt,
      cause,
      events,
      ended,
      position: this.last,
    });
  }

  private forgetLongestGone(): void {
    for (const gone of this.table.evictionCandidates) {
      for (const userId of gone) {
        if (gone.size <= this.options.maxOfflineUsers) break;
        this.table.evict(userId, retainOnEviction(this.table.find(userId)));
      }
    }
  }
}
