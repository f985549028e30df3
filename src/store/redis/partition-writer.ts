import { setTimeout as sleep } from 'node:timers/promises';
import { context, SpanKind, type Context } from '@opentelemetry/api';
import { RejectedError } from '../../domain/rejected-error.js';
import type { Step } from '../../domain/step.js';
import { isForgotten, newUser, type User } from '../../domain/user.js';
import { withLinkedSpan, activeTracer } from '../../telemetry/tracing.js';
import type { UserUpdate } from '../presence-store.js';
import type { BatchPace } from './batch-pace.js';
import { commitArguments } from './commit-call.js';
import { isContradicted, LOSSES } from './commit-reply.js';
import { batchOf, commitsOf, type Decided } from './own-batch.js';
import type { PartitionKeys } from './keys.js';
import type { PartitionReader } from './partition-reader.js';
import type { PartitionReplica } from './partition-replica.js';
import type { RedisClient } from './redis-client.js';
import { scripts } from './script.js';

/** The maximum number of commits in one call of the script `commit`. Such a call takes about 2 ms of Redis time. */
const MAX_BATCH = 64;

/** The maximum number of waiting updates. More would only time out. */
const MAX_WAITING = 10_000;

const RETRY_MS = 100;

export interface WriterOptions {
  readonly port: RedisClient;
  readonly keys: PartitionKeys;
  readonly replica: PartitionReplica;
  readonly reader: PartitionReader;
  readonly node: () => string;
  readonly pace: Pick<BatchPace, 'turn'>;
  /** Milliseconds after which an update fails with STORE_UNAVAILABLE. */
  readonly timeoutMs: number;
  readonly randomToken: () => string;
  /** Called when Redis was unreachable, or did not execute a command. The writer retries. */
  readonly onError: (error: unknown) => void;
  /** The service time. */
  readonly now: () => number;
  /** Whether all nodes read pub/sub messages with changes. If not, messages contain the log entries. */
  readonly publishesChanges: () => boolean;
}

/** An update that waits for its commit. */
interface Pending {
  readonly userId: string;
  readonly change: UserUpdate;
  /** Whether the user is written even if nothing changes, because Redis has lost the stored record. */
  readonly isForced: boolean;
  readonly deadline: number;
  /** The trace context of the caller. */
  readonly context: Context | undefined;
  /** Whether the caller has already received STORE_UNAVAILABLE. The writer does not retry such an update. */
  timedOut: boolean;
  readonly resolve: (step: Step) => void;
  readonly reject: (error: unknown) => void;
}

interface Prepared extends Decided {
  readonly pending: Pending;
}

/**
 * Commits the updates of the users of a partition. Only one batch is in flight at a time, and later updates wait for
 * the next batch: this keeps the order and lowers the cost per commit under load. If a batch gets no reply, the writer
 * sends it again under the same number, so Redis can recognize a batch that it already has.
 */
export class PartitionWriter {
  private waiting: Pending[] = [];
  /**
   * Updates that changed nothing, or failed. The writer still has to confirm that they ran on the newest state of the
   * user.
   */
  private readonly unconfirmed = new Set<Pending>();
  private inFlight: readonly Prepared[] = [];
  private running: Promise<void> | undefined;
  private isClosed = false;
  private readonly tracer = activeTracer();

  constructor(private readonly options: WriterOptions) {}

  update(userId: string, change: UserUpdate, isForced = false): Promise<Step> {
    return new Promise((resolve, reject) => {
      const count = this.waiting.length + this.unconfirmed.size;
      if (count >= MAX_WAITING || this.isClosed) return reject(unavailable());
      const deadline = performance.now() + this.options.timeoutMs;
      this.waiting.push({
        ...{ userId, change, isForced, deadline, timedOut: false, resolve, reject },
        context: this.tracer && context.active(),
      });
      this.wake();
    });
  }

  /** Rejects the updates that have timed out. An update in flight may still be committed. */
  failTimedOut(now: number): void {
    const isLate = ({ deadline }: Pending): boolean => deadline <= now;
    for (const pending of [
      ...this.inFlight.map((prepared) => prepared.pending),
      ...this.unconfirmed,
    ]) {
      if (!isLate(pending)) continue;
      pending.timedOut = true;
      pending.reject(unavailable());
    }
    if (!this.waiting.some(isLate)) return;
    for (const pending of this.waiting.filter(isLate)) pending.reject(unavailable());
    this.waiting = this.waiting.filter((pending) => !isLate(pending));
  }

  /** Resolves when no update is waiting or in flight. */
  async idle(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }

  close(): void {
    this.isClosed = true;
    this.failTimedOut(Infinity);
  }

  private wake(): void {
    this.running ??= this.run().catch(this.options.onError);
  }

  private async run(): Promise<void> {
    try {
      while (this.waiting.length > 0 && !this.isClosed) {
        // Updates that arrive meanwhile can join the batch.
        await this.options.pace.turn();
        if (this.options.reader.isRecovering) await this.options.reader.reached(0);
        const prepared = this.prepare();
        if (prepared.length > 0) await this.commit(prepared);
      }
    } finally {
      // Reset synchronously, because the caller of the last update can request another one immediately.
      this.running = undefined;
    }
  }

  /** Runs the updates that fit into one batch, at most one for each user. */
  private prepare(): readonly Prepared[] {
    const prepared = new Map<string, Prepared>();
    const later: Pending[] = [];
    const all = this.waiting.splice(0);
    for (const [i, pending] of all.entries()) {
      if (prepared.size === MAX_BATCH) {
        later.push(...all.slice(i));
        break;
      }
      if (prepared.has(pending.userId)) later.push(pending);
      else this.prepareOne(pending, prepared);
    }
    this.waiting = [...later, ...this.waiting];
    return [...prepared.values()];
  }

  private prepareOne(pending: Pending, prepared: Map<string, Prepared>): void {
    const { userId, change, isForced } = pending;
    const { table, dirtyUsers } = this.options.replica;
    const held = table.get(userId);
    const isRepair = dirtyUsers.has(userId);
    const before = held?.user ?? newUser(userId);
    try {
      const step = change(before);
      if (step.user !== before || isForced) {
        prepared.set(userId, { pending, before, step, isRepair });
      } else {
        void this.confirmUnchanged(pending, before, () => {
          if (held !== undefined) table.wake(held, step.wakeAt);
          pending.resolve(step);
        });
      }
    } catch (error) {
      void this.confirmUnchanged(pending, before, () => pending.reject(error));
    }
  }

  /**
   * An update without changes is not sent to Redis. Before it settles, the writer checks that it ran on the newest
   * state.
   */
  private async confirmUnchanged(
    pending: Pending,
    before: User,
    settle: () => void,
  ): Promise<void> {
    this.unconfirmed.add(pending);
    try {
      await this.options.reader.awaitCurrent();
    } catch {
      return pending.reject(unavailable());
    } finally {
      this.unconfirmed.delete(pending);
    }
    if (pending.timedOut) return;
    const { table } = this.options.replica;
    const now = table.get(pending.userId);
    if (now === undefined ? isForgotten(before) : now.holds(before)) return settle();
    this.waiting.unshift(pending);
    this.wake();
  }

  private async commit(prepared: readonly Prepared[]): Promise<void> {
    const { reader, randomToken } = this.options;
    this.inFlight = prepared;
    const own = { token: randomToken(), commits: commitsOf(prepared) };
    reader.ownBatch = own;
    const { recoveries } = reader;
    const number = reader.lastNumber + 1;
    const { replica } = this.options;
    const revisions = prepared.map(({ step }) => replica.revisionOf(step.user.userId));
    const call = this.callOf(prepared, number, own.token, revisions);
    const reply = await this.traced(prepared, () => this.send(call));
    if (reply[0] === 'OK') {
      // A resync may have read this number from Redis already, or an older one.
      reader.lastNumber = Math.max(reader.lastNumber, number);
      const outcomes = reply[6]!;
      const batch = batchOf(own, reply);
      reader.onBatch(batch);
      await reader.reached(batch.after.seq);
      // A resync in the meantime has reconciled the replica with Redis, and may have undone the commit.
      const isCertain = reader.recoveries === recoveries;
      if (isCertain && isContradicted(replica, prepared, outcomes, revisions)) {
        await reader.recover('evicted');
      }
      this.settle(prepared, (nth) => isCertain && outcomes[nth] === '1');
    } else {
      await reader.recover(LOSSES[reply[0] as keyof typeof LOSSES]);
      this.settle(prepared, () => false);
    }
  }

  /** Resolves the committed updates. The others run again on the newest state of the user. */
  private settle(prepared: readonly Prepared[], isCommitted: (nth: number) => boolean): void {
    this.inFlight = [];
    const again = prepared.filter(({ pending, step }, nth) => {
      if (isCommitted(nth)) pending.resolve(step);
      return !isCommitted(nth) && !pending.timedOut;
    });
    this.waiting.unshift(...again.map(({ pending }) => pending));
  }

  private callOf(
    prepared: readonly Prepared[],
    number: number,
    token: string,
    revisions: readonly string[],
  ): readonly (string | number)[] {
    const { replica, node, keys, now, publishesChanges } = this.options;
    return commitArguments(prepared, {
      ...{ number, token, revisions, node: node(), now: now(), channel: keys.channel },
      ...{ position: replica.position, storedUsers: replica.storedUsers },
      holdsStored: (userId) => replica.holdsStored(userId),
      publishesChanges: publishesChanges(),
    });
  }

  /** Records one span for the round trip, with links to the traces of all updates in the batch. */
  private traced<T>(prepared: readonly Prepared[], work: () => Promise<T>): Promise<T> {
    if (this.tracer === undefined) return work();
    const attributes = {
      'db.system.name': 'redis',
      'db.operation.name': 'EVALSHA',
      'db.operation.batch.size': prepared.length,
    };
    const waiting = prepared.flatMap(({ pending }) => pending.context ?? []);
    return withLinkedSpan(
      this.tracer,
      'commit to Redis',
      { kind: SpanKind.CLIENT, attributes },
      work,
      waiting,
    );
  }

  /** Sends a batch until Redis replies. */
  private async send(args: readonly (string | number)[]): Promise<readonly string[]> {
    const { port, keys } = this.options;
    const names = [keys.head, keys.nodes, keys.users, keys.log];
    for (;;) {
      try {
        return (await port.run(scripts.commit, names, args)) as string[];
      } catch (error) {
        if (this.isClosed) throw error;
        this.options.onError(error);
        await sleep(RETRY_MS);
      }
    }
  }
}

export function unavailable(): RejectedError {
  return new RejectedError('STORE_UNAVAILABLE', 'the presence store is unavailable; try again');
}
