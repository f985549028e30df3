import { setTimeout as sleep } from 'node:timers/promises';
import { context, SpanKind, type Context } from '@opentelemetry/api';
import { RejectedError } from '../../domain/rejected-error.js';
import type { Step } from '../../domain/step.js';
import { newUser, type User } from '../../domain/user.js';
import { withLinkedSpan, activeTracer } from '../../telemetry/tracing.js';
import type { UserUpdate } from '../presence-store.js';
import { encodeCommit } from './log-batch.js';
import { batchOf, isContradicted, LOSSES, type Decided } from './commit-reply.js';
import type { PartitionKeys } from './keys.js';
import type { PartitionReader } from './partition-reader.js';
import type { PartitionReplica } from './partition-replica.js';
import type { RedisClient } from './redis-client.js';
import { scripts } from './script.js';

/** How many commits go to Redis in one call: some two milliseconds of its time. */
const MAX_BATCH = 64;

/** How many updates may wait. More than that is not served in time anyway. */
const MAX_WAITING = 10_000;

/** How long an update may take before its caller is told that it cannot be done now. */
export const TIMEOUT_MS = 2000;

const RETRY_MS = 100;

export interface WriterOptions {
  readonly port: RedisClient;
  readonly keys: PartitionKeys;
  readonly replica: PartitionReplica;
  readonly reader: PartitionReader;
  readonly node: () => string;
  readonly randomToken: () => string;
  /** Redis could not be reached, or did not do what it was told. It is asked again. */
  readonly onError: (error: unknown) => void;
  /** How many batches the log of the partition keeps. */
  readonly logSize: number;
}

/** An update that waits for its commit. */
interface Pending {
  readonly userId: string;
  readonly change: UserUpdate;
  /** Whether the user is written even if nothing changes, because what is stored has been lost. */
  readonly isForced: boolean;
  readonly deadline: number;
  /** Where it belongs in a trace. */
  readonly context: Context | undefined;
  /** Whether its caller has been told that it cannot be done now. It is not tried again. */
  timedOut: boolean;
  readonly resolve: (step: Step) => void;
  readonly reject: (error: unknown) => void;
}

interface Prepared extends Decided {
  readonly pending: Pending;
}

/**
 * Commits what happens to the users of a partition. One batch is under way at a time, and what comes meanwhile goes into
 * the next: so order is kept, and a busy partition costs less for each commit. A batch that was not answered is sent
 * again under its number, by which Redis knows whether it has it already.
 */
export class PartitionWriter {
  private waiting: Pending[] = [];
  /** Decided, but not yet known to have been decided on the newest user. */
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
      const deadline = performance.now() + TIMEOUT_MS;
      this.waiting.push({
        ...{ userId, change, isForced, deadline, timedOut: false, resolve, reject },
        context: this.tracer && context.active(),
      });
      this.wake();
    });
  }

  /** Tells those who have waited for too long. What is under way may be committed all the same. */
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

  /** Resolves when nothing waits and nothing is under way. */
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
      // What was asked for in this turn of the event loop goes into one batch.
      await Promise.resolve();
      while (this.waiting.length > 0 && !this.isClosed) {
        if (this.options.reader.isRecovering) await this.options.reader.reached(0);
        const prepared = this.prepare();
        if (prepared.length > 0) await this.commit(prepared);
      }
    } finally {
      // Not a turn later: who is answered last may ask for more at once.
      this.running = undefined;
    }
  }

  /** Lets the changes be made that can go into one batch: no user twice. */
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
    const { table } = this.options.replica;
    const held = table.get(userId);
    const before = held?.user ?? newUser(userId);
    try {
      const step = change(before);
      if (step.user !== before || isForced) prepared.set(userId, { pending, before, step });
      else {
        void this.confirmUnchanged(pending, before, () => {
          if (held !== undefined) table.wake(held, step.wakeAt);
          pending.resolve(step);
        });
      }
    } catch (error) {
      void this.confirmUnchanged(pending, before, () => pending.reject(error));
    }
  }

  /** What changes nothing is not put to Redis, so it must be known that it was decided on the newest user. */
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
    const now = table.get(pending.userId)?.user;
    const isStillUnknown = now === undefined && before.own.version === 0;
    if (isStillUnknown || now === before) return settle();
    this.waiting.unshift(pending);
    this.wake();
  }

  private async commit(prepared: readonly Prepared[]): Promise<void> {
    const { reader, randomToken } = this.options;
    this.inFlight = prepared;
    reader.inFlightToken = randomToken();
    const { recoveries } = reader;
    const number = reader.lastNumber + 1;
    const { replica } = this.options;
    const revisions = prepared.map(({ step }) => replica.revisionOf(step.user.userId));
    const call = this.callOf(prepared, number, reader.inFlightToken, revisions);
    const reply = await this.traced(prepared, () => this.send(call));
    if (reply[0] === 'OK') {
      // Whoever has registered meanwhile may have been told of it already, or not yet.
      reader.lastNumber = Math.max(reader.lastNumber, number);
      const outcomes = reply[6]!;
      const batch = batchOf(prepared, reply);
      reader.onBatch(batch);
      await reader.reached(batch.after.seq);
      // A replica that began anew meanwhile has put right what differed from what it knew, and may have undone it.
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

  /** Answers those whose commit was made; the others try again on the newest user. */
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
    const { replica, node, keys, logSize } = this.options;
    const { seq, token: seen } = replica.place;
    const commits = prepared.flatMap(({ before, step }, nth) => [
      step.user.userId,
      revisions[nth]!,
      ...encodeCommit(before, step),
    ]);
    return [node(), number, seq, seen, token, logSize, keys.channel, ...commits];
  }

  /** A round trip is for all whose commits go with it. */
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

  /** Sends a batch until there is an answer. */
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
  return new RejectedError(
    'STORE_UNAVAILABLE',
    'presence is out of reach for the moment; try again',
  );
}
