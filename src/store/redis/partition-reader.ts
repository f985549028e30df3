import { setTimeout as sleep } from 'node:timers/promises';
import { isSamePlace, type Batch, type LogPosition } from './log-batch.js';
import { SingleFlight } from './single-flight.js';
import type { PartitionKeys } from './keys.js';
import { loadHistory } from './load-history.js';
import { loadUsers } from './load-users.js';
import type { PartitionReplica } from './partition-replica.js';
import { UnreadableRecord } from './read-user.js';
import type { RedisClient } from './redis-client.js';
import { scripts } from './script.js';

/** How many batches are read from the log at a time. */
const BATCHES_PER_READ = 200;

const RETRY_MS = 100;

/** How long a batch waits for the one before it. Then that is read from the log. */
const FILL_GAP_AFTER_MS = 20;

const MAX_EARLY = 100;

/** Why the log could not be followed. */
export type ResyncReason =
  | 'start'
  | 'chain'
  | 'rewound'
  | 'emptied'
  | 'gap'
  | 'unknown'
  | 'fenced'
  /** Users that the log tells of are not stored, or are stored otherwise: evicted, or deleted by another program. */
  | 'evicted'
  /** The log is ahead of its head, or its head lost the way to it. */
  | 'log'
  /** The log holds a batch that cannot be read. */
  | 'unreadable';

/** A key that Redis does not hold any more though nobody deleted it. */
export type LostKey = 'head' | 'nodes' | 'users' | 'log';

export interface ReaderOptions {
  readonly port: RedisClient;
  readonly keys: PartitionKeys;
  readonly replica: PartitionReplica;
  readonly node: () => string;
  /** How many batches the log keeps. */
  readonly logSize: number;
  readonly randomToken: () => string;
  /** This node has been declared dead under its present name, and needs another one. */
  readonly onFenced: (node: string) => void;
  readonly onLoss: (cause: ResyncReason) => void;
  /** Redis has lost one of the keys of the partition. It is there again once something has been written to it. */
  readonly onKeyLost: (key: LostKey) => void;
  /** Records of users could not be read, and the partition was loaded without them. */
  readonly onUnreadable: (count: number) => void;
  /** The log held something that no message had told of. */
  readonly onGap: () => void;
  /** Redis could not be reached, or did not do what it was told. It is asked again. */
  readonly onError: (error: unknown) => void;
}

/**
 * Keeps a replica up with the log of its partition. Published batches make it fast; the log itself, looked at whenever
 * something does not fit and once a second, makes it right. Where the log cannot be followed it starts again from
 * what is stored.
 */
export class PartitionReader {
  /** The number of the last batch of this node that Redis knows of. */
  lastNumber = 0;
  /** How often the replica has begun anew. */
  recoveries = 0;
  /** The token of the batch that this node is writing. */
  inFlightToken: string | undefined;
  private recovery: Promise<void> | undefined;
  /** Batches whose predecessor is not there yet. */
  private outOfOrder: Batch[] = [];
  private gapTimer: NodeJS.Timeout | undefined;
  private isClosed = false;
  /** The name under which the partition knows this node. */
  private registeredAs: string | undefined;
  private hasLog = true;
  private readonly waiting: { readonly seq: number; readonly resolve: () => void }[] = [];
  private readonly catchingUp = new SingleFlight(() => this.readLog());
  private readonly checking = new SingleFlight(() => this.check());

  constructor(private readonly options: ReaderOptions) {}

  get isRecovering(): boolean {
    return this.recovery !== undefined;
  }

  /** Takes in a batch as soon as it is known: published, or acknowledged to its writer. */
  onBatch(batch: Batch): void {
    if (this.isRecovering) return;
    if (this.apply(batch)) {
      if (this.isRecovering) return;
      this.applyEarly();
      this.release();
    } else if (batch.after.seq > this.options.replica.place.seq) {
      this.buffer(batch);
    }
  }

  /** Resolves when the replica holds every commit that was acknowledged before the call. */
  awaitCurrent(): Promise<void> {
    return this.checking.run();
  }

  /** Resolves when the replica has reached a place in the log, or has started again. */
  reached(seq: number): Promise<void> {
    if (this.options.replica.place.seq >= seq && !this.isRecovering) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ seq, resolve }));
  }

  /** Starts again from what is stored, as often as it takes. */
  recover(cause: ResyncReason): Promise<void> {
    if (this.recovery === undefined) {
      this.options.onLoss(cause);
      this.noteLostKey(cause);
      this.recoveries++;
      this.recovery = this.resync().finally(() => {
        this.recovery = undefined;
        // What they waited for is in what is stored now, or was lost.
        for (const { resolve } of this.waiting.splice(0)) resolve();
      });
    }
    return this.recovery;
  }

  /** Finds out whether Redis still holds what the log says that it does. Keys are lost one by one when it evicts them. */
  async inspect(): Promise<void> {
    const { port, keys, node, replica } = this.options;
    const name = node();
    const found = await port.inspect(keys, name);
    // A head that is gone is found by `check`, which is asked more often.
    if (found === undefined || this.isRecovering) return;
    if (!found.isNodeKnown && this.registeredAs === name) return this.recover('unknown');
    // At another place the numbers cannot be compared.
    if (!isSamePlace(found.place, replica.place)) return;
    const hadLog = this.hasLog;
    this.hasLog = found.batches > 0 || found.place.seq === 0;
    if (hadLog && !this.hasLog) this.options.onKeyLost('log');
    if (found.users < replica.storedUsers) await this.recover('evicted');
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.gapTimer);
  }

  private noteLostKey(cause: ResyncReason): void {
    if (cause === 'emptied') this.options.onKeyLost('head');
    if (cause === 'evicted') this.options.onKeyLost('users');
    const isKnown = this.registeredAs === this.options.node();
    if (cause === 'unknown' && isKnown) this.options.onKeyLost('nodes');
  }

  /** Returns whether the replica has reached the end of the batch, or begins anew because nobody can read it. */
  private apply(batch: Batch): boolean {
    try {
      return this.options.replica.apply(batch, batch.after.token === this.inFlightToken);
    } catch (error) {
      if (!(error instanceof UnreadableRecord)) throw error;
      void this.recover('unreadable');
      return true;
    }
  }

  /** Keeps a batch for the one before it, which comes over another connection, but not for long. */
  private buffer(batch: Batch): void {
    if (this.outOfOrder.length < MAX_EARLY) this.outOfOrder.push(batch);
    this.gapTimer ??= setTimeout(() => {
      this.gapTimer = undefined;
      if (this.outOfOrder.length === 0 || this.isClosed) return;
      this.options.onGap();
      void this.catchUp();
    }, FILL_GAP_AFTER_MS);
  }

  private applyEarly(): void {
    for (;;) {
      const next = this.outOfOrder.findIndex((batch) => this.apply(batch));
      if (next < 0 || this.isRecovering) break;
      this.outOfOrder.splice(next, 1);
    }
    const { seq } = this.options.replica.place;
    this.outOfOrder = this.outOfOrder.filter(({ after }) => after.seq > seq);
  }

  private async check(): Promise<void> {
    if (this.recovery) return this.recovery;
    const { port, keys, replica } = this.options;
    const { place } = replica;
    const head = await port.head(keys);
    if (this.recovery) return this.recovery;
    if (head === undefined || head.epoch !== place.epoch) return this.recover('emptied');
    // Compared with where we were when we asked: we may have moved on meanwhile.
    const isRewound =
      head.seq < place.seq || (head.seq === place.seq && head.token !== place.token);
    if (isRewound) return this.recover('rewound');
    if (head.seq <= replica.place.seq) return;
    this.options.onGap();
    await this.catchUp();
    // Nothing there to catch up with: the log does not go back that far.
    if (replica.place.seq < head.seq) await this.recover('chain');
  }

  private catchUp(): Promise<void> {
    // Who waits for it hears of a failure; the next look at the head makes good for it.
    const done = this.catchingUp.run();
    done.catch(() => {});
    return done;
  }

  private async readLog(): Promise<void> {
    const { port, keys, replica } = this.options;
    for (let isMore = true; isMore && !this.isRecovering;) {
      const batches = await port.logged(keys, replica.place, BATCHES_PER_READ);
      for (const batch of batches) {
        if (this.isRecovering || batch.after.seq <= replica.place.seq) continue;
        if (!this.apply(batch)) return this.recover('chain');
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
    const { place, ...stored } = await loadUsers(port, keys, head);
    if (replica.isLoaded) replica.restart(stored, place);
    else replica.load(stored, place, await loadHistory(port, keys, place, logSize));
    if (stored.unreadable.size > 0) onUnreadable(stored.unreadable.size);
  }

  /** Makes this node known to the partition. Undefined: it must take up another name first. */
  private async register(): Promise<LogPosition | undefined> {
    const { port, keys, node, randomToken, onFenced } = this.options;
    const name = node();
    const reply = (await port.run(
      scripts.register,
      [keys.head, keys.nodes, keys.log],
      [name, randomToken(), randomToken()],
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
    const { seq } = this.options.replica.place;
    for (const waiter of this.waiting.splice(0)) {
      if (waiter.seq <= seq) waiter.resolve();
      else this.waiting.push(waiter);
    }
  }
}
