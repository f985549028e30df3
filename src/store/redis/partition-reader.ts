import { setTimeout as sleep } from 'node:timers/promises';
import { isSamePosition, UnknownUser, type Batch, type LogPosition } from './log-batch.js';
import { ownBatchOf, type OwnBatch } from './own-batch.js';
import { SingleFlight } from '../../timers/single-flight.js';
import type { PartitionKeys } from './keys.js';
import { arriveInTime } from './late-messages.js';
import { loadHistory } from './load-history.js';
import { loadUsers } from './load-users.js';
import type { PartitionReplica } from './partition-replica.js';
import { UnreadableRecord } from './record-fields.js';
import type { RedisClient } from './redis-client.js';
import type { LostKey, ResyncReason } from './resync-reason.js';
import { scripts } from './script.js';

/** The maximum number of batches in one read of the partition log. */
const BATCHES_PER_READ = 200;

const RETRY_MS = 100;

const MAX_EARLY = 100;

export interface ReaderOptions {
  readonly port: RedisClient;
  readonly keys: PartitionKeys;
  readonly replica: PartitionReplica;
  readonly node: () => string;
  /** The number of the last batches that a node loads from the partition log when it starts. */
  readonly logSize: number;
  readonly randomToken: () => string;
  /** The service time. */
  readonly now: () => number;
  /** Called when this node was declared dead under its current node id, so that it needs a new one. */
  readonly onFenced: (node: string) => void;
  readonly onLoss: (cause: ResyncReason) => void;
  /** Called when Redis has lost one of the keys of the partition. The next write to the key creates it again. */
  readonly onKeyLost: (key: LostKey) => void;
  /** Called when the partition was loaded without users whose records could not be decoded. */
  readonly onUnreadable: (count: number) => void;
  /** Called when the log held a batch that the node did not receive by pub/sub. */
  readonly onGap: () => void;
  /** Called when Redis was unreachable, or did not execute a command. The reader retries. */
  readonly onError: (error: unknown) => void;
}

/**
 * Keeps a replica in step with its partition log. Pub/sub messages make this fast. The log itself makes it correct: the
 * reader checks it once a second and whenever a batch does not fit. If the replica cannot follow the log, the reader
 * loads the stored users again (resync).
 */
export class PartitionReader {
  /** The number of the last batch of this node that Redis knows. */
  lastNumber = 0;
  /** The number of resyncs so far, including the first load. */
  recoveries = 0;
  /** The last batch that this node has sent to Redis. */
  ownBatch: OwnBatch | undefined;
  private recovery: Promise<void> | undefined;
  /** Batches whose predecessor has not arrived yet. */
  private outOfOrder: Batch[] = [];
  private isClosed = false;
  /** The node id under which the partition knows this node. */
  private registeredAs: string | undefined;
  private hasLog = true;
  private readonly waiting: { readonly seq: number; readonly resolve: () => void }[] = [];
  private readonly catchingUp = new SingleFlight(() => this.readLog());
  private readonly filling = new SingleFlight(() => this.fillGap());
  private readonly checking = new SingleFlight(() => this.check());

  constructor(private readonly options: ReaderOptions) {}

  get isRecovering(): boolean {
    return this.recovery !== undefined;
  }

  /** Applies a batch as soon as the node knows it: from pub/sub, or from the reply to its own write. */
  onBatch(batch: Batch): void {
    if (this.isRecovering) return;
    if (this.apply(batch)) {
      if (this.isRecovering) return;
      this.applyEarly();
      this.release();
    } else if (batch.after.seq > this.options.replica.position.seq) {
      this.buffer(batch);
    }
  }

  /** Resolves when the replica holds every commit that was acknowledged before the call. */
  awaitCurrent(): Promise<void> {
    return this.checking.run();
  }

  /** Resolves when the replica has reached an offset in the partition log, or after a resync. */
  reached(seq: number): Promise<void> {
    if (this.options.replica.position.seq >= seq && !this.isRecovering) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ seq, resolve }));
  }

  /** Resyncs from the stored users, and retries until it succeeds. */
  recover(cause: ResyncReason): Promise<void> {
    if (this.recovery === undefined) {
      this.options.onLoss(cause);
      this.noteLostKey(cause);
      this.recoveries++;
      this.recovery = this.resync().finally(() => {
        this.recovery = undefined;
        // They are part of the loaded state, or of a log that Redis has lost.
        this.outOfOrder = [];
        // The awaited commits are either part of the loaded state now, or lost.
        for (const { resolve } of this.waiting.splice(0)) resolve();
      });
    }
    return this.recovery;
  }

  /** Checks that Redis still holds everything that the log implies. Eviction can remove single keys. */
  async inspect(): Promise<void> {
    const { port, keys, node, replica } = this.options;
    const name = node();
    const found = await port.inspect(keys, name);
    // `check` detects a missing head, and it runs more often.
    if (found === undefined || this.isRecovering) return;
    if (!found.isNodeKnown && this.registeredAs === name) return this.recover('node_unknown');
    // At different positions the numbers of users cannot be compared.
    if (!isSamePosition(found.position, replica.position)) return;
    const hadLog = this.hasLog;
    this.hasLog = found.batches > 0 || found.position.seq === 0;
    if (hadLog && !this.hasLog) this.options.onKeyLost('log');
    if (found.users < replica.storedUsers) await this.recover('evicted');
  }

  close(): void {
    this.isClosed = true;
  }

  private noteLostKey(cause: ResyncReason): void {
    if (cause === 'store_empty') this.options.onKeyLost('head');
    if (cause === 'evicted') this.options.onKeyLost('users');
    const isKnown = this.registeredAs === this.options.node();
    if (cause === 'node_unknown' && isKnown) this.options.onKeyLost('nodes');
  }

  /**
   * Returns true if the replica has reached the end of the batch, or if a resync started because the batch is
   * unreadable.
   */
  private apply(batch: Batch): boolean {
    try {
      const own = ownBatchOf(batch, this.ownBatch);
      return this.options.replica.apply(own ?? batch, own !== undefined);
    } catch (error) {
      // The node reads the batch from the log.
      if (error instanceof UnknownUser) return false;
      if (!(error instanceof UnreadableRecord)) throw error;
      void this.recover('unreadable');
      return true;
    }
  }

  /** Keeps a batch for a short time until its predecessor arrives, which can come over another connection. */
  private buffer(batch: Batch): void {
    if (this.outOfOrder.length < MAX_EARLY) this.outOfOrder.push(batch);
    void this.filling.runIfIdle();
  }

  /** Reads the partition log if the predecessor of a batch does not arrive. */
  private async fillGap(): Promise<void> {
    while (!this.isClosed) {
      this.dropApplied();
      const [first] = this.outOfOrder;
      if (first === undefined) return;
      if (await this.arrives(first.after.seq)) continue;
      this.dropApplied();
      if (this.outOfOrder.length === 0 || this.isClosed) return;
      this.options.onGap();
      return void this.catchUp();
    }
  }

  /** Returns false if a message with commits up to an offset is lost. */
  private arrives(seq: number): Promise<boolean> {
    return arriveInTime(this.reached(seq), () => this.options.replica.position.seq);
  }

  private applyEarly(): void {
    for (;;) {
      const next = this.outOfOrder.findIndex((batch) => this.apply(batch));
      if (next < 0 || this.isRecovering) break;
      this.outOfOrder.splice(next, 1);
    }
    this.dropApplied();
  }

  private dropApplied(): void {
    const { seq } = this.options.replica.position;
    this.outOfOrder = this.outOfOrder.filter(({ after }) => after.seq > seq);
  }

  private async check(): Promise<void> {
    if (this.recovery) return this.recovery;
    const { port, keys, replica } = this.options;
    const { position } = replica;
    const head = await port.head(keys);
    if (this.recovery) return this.recovery;
    if (head === undefined || head.epoch !== position.epoch) return this.recover('store_empty');
    // Compares with the position before the call, because the replica can advance during the call.
    const isRewound =
      head.seq < position.seq || (head.seq === position.seq && head.token !== position.token);
    if (isRewound) return this.recover('writes_lost');
    if (head.seq <= replica.position.seq || (await this.arrives(head.seq))) return;
    if (this.recovery) return this.recovery;
    this.options.onGap();
    await this.catchUp();
    // The partition log does not reach back to the position of the replica.
    if (replica.position.seq < head.seq) await this.recover('log_gap');
  }

  private catchUp(): Promise<void> {
    // Callers that await it get the error. For the others, the next check of the head retries.
    const done = this.catchingUp.run();
    done.catch(() => {});
    return done;
  }

  private async readLog(): Promise<void> {
    const { port, keys, replica } = this.options;
    for (let isMore = true; isMore && !this.isRecovering;) {
      const batches = await port.logged(keys, replica.position, BATCHES_PER_READ);
      for (const batch of batches) {
        if (this.isRecovering || batch.after.seq <= replica.position.seq) continue;
        if (this.apply(batch)) continue;
        // Another node has noticed that Redis has lost commits, which the replica has.
        return this.recover(batch.isLossMark ? 'writes_lost' : 'log_gap');
      }
      if (this.recovery) return this.recovery;
      this.applyEarly();
      this.release();
      isMore = batches.length === BATCHES_PER_READ;
    }
  }

  private async resync(): Promise<void> {
    while (!this.isClosed) {
      try {
        const head = await this.register();
        if (head === undefined) continue;
        await this.load(head);
        return;
      } catch (error) {
        this.options.onError(error);
        await sleep(RETRY_MS);
      }
    }
  }

  private async load(head: LogPosition): Promise<void> {
    const { port, keys, replica, logSize, onUnreadable } = this.options;
    const { position, ...stored } = await loadUsers(port, keys, head);
    if (replica.isLoaded) replica.restart(stored, position);
    else replica.load(stored, position, await loadHistory(port, keys, position, logSize));
    if (stored.unreadable.size > 0) onUnreadable(stored.unreadable.size);
  }

  /**
   * Registers this node in the partition. Undefined: the node is fenced, and must register again under a new node id.
   */
  private async register(): Promise<LogPosition | undefined> {
    const { port, keys, node, replica, randomToken, now, onFenced } = this.options;
    const name = node();
    const { epoch: knownEpoch, seq: seen, token: seenToken } = replica.position;
    const tokens = [randomToken(), randomToken(), randomToken()];
    const reply = (await port.run(
      scripts.register,
      [keys.head, keys.nodes, keys.log],
      [name, ...tokens, now(), knownEpoch, seen, seenToken],
    )) as [string, string, string, string, string];
    if (reply[0] === 'FENCED') {
      onFenced(name);
      return undefined;
    }
    const [, epoch, seq, token, lastNumber] = reply;
    this.lastNumber = Number(lastNumber);
    this.registeredAs = name;
    return { epoch, seq: Number(seq), token };
  }

  private release(): void {
    if (this.isRecovering || this.waiting.length === 0) return;
    const { seq } = this.options.replica.position;
    for (const waiter of this.waiting.splice(0)) {
      if (waiter.seq <= seq) waiter.resolve();
      else this.waiting.push(waiter);
    }
  }
}
