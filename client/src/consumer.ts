import { unlessAborted } from './abort.js';
import type { Attributes } from './attributes.js';
import { BatchBuffer } from './batch-buffer.js';
import { errorOf, type CallExecutor } from './call-executor.js';
import { filterOf, loadedPosition, type ConsumeOptions } from './consume-options.js';
import { dispose } from './disposal.js';
import type { EventBatch } from './event-batch.js';
import {
  Delivery,
  Sync,
  type SubscribeResponse,
} from './generated/presence/v1/events_service_pb.js';
import { LiveState, type CollectionState } from './live-state.js';
import { ObservableValue, type ReadonlyValue } from './observable-value.js';
import { Positions, type Start } from './position.js';
import { PresenceError } from './presence-error.js';
import type { End } from './run-with-reconnect.js';
import { Scope } from './scope.js';
import { runStream, type SubscriptionFilter } from './subscription-stream.js';
import { sleep } from './timers.js';

/** The functions of the program that a consumer calls. */
type Callback = 'load' | 'onEvents' | 'save';

/** A function of the program threw an error. The consumer calls it again after `retryInMs` milliseconds. */
interface Retrying {
  readonly status: 'retrying';
  readonly callback: Callback;
  /** The value that the function threw. */
  readonly error: unknown;
  readonly retryInMs: number;
}

/**
 * The state of a consumer. `live`: it receives events as they happen. `loading` and `stale`: it connects, or catches up;
 * `error` says why it is not connected.
 */
export type ConsumerState = CollectionState | Retrying;

const LOST: Start = { resumeToken: '', reason: 'position-lost' };

/**
 * Hands the events of users over to a program, in batches, and keeps its position where the program stores it. Each event
 * is handed over at least once, and the events of a user in order. It reconnects by itself.
 */
export class Consumer<A = Attributes> {
  private readonly filter: SubscriptionFilter;
  private readonly buffer: BatchBuffer<A>;
  private readonly positions: Positions;
  private readonly scope: Scope;
  private readonly reading: Scope;
  private readonly live: LiveState;
  private readonly stateValue = new ObservableValue<ConsumerState>({ status: 'loading' });
  private failure: Retrying | undefined;
  private readonly ended: Promise<PresenceError | undefined>;
  /**
   * Resolves when the consumer has been stopped and the batch in progress has been handled. Rejects if the consumer
   * ended because of an error that retries cannot fix, such as a channel that the token does not grant.
   */
  readonly done: Promise<void>;

  /** @private Use `consume` of a client. */
  constructor(
    private readonly caller: CallExecutor,
    private readonly options: ConsumeOptions<A>,
  ) {
    this.filter = filterOf(options);
    this.positions = new Positions(this.filter);
    this.buffer = new BatchBuffer<A>(this.positions);
    this.scope = new Scope(caller.options.signal, options.signal);
    this.reading = new Scope(this.scope.signal);
    this.live = new LiveState(caller, this.reading);
    this.live.value.subscribe((state) => this.publish(state));
    this.ended = this.run();
    this.done = this.ended.then((error) => {
      if (error !== undefined) throw error;
    });
    // A caller that does not await `done` learns of the error from `state`.
    this.done.catch(() => {});
  }

  /** The state: subscribe to it, iterate over it or read its `value`. Completes when the consumer has ended. */
  get state(): ReadonlyValue<ConsumerState> {
    return this.stateValue;
  }

  /**
   * Stops the consumer. Resolves when the batch in progress has been handled and its position saved. If one of these
   * fails now, it is not repeated, and the next start hands the batch over again. Can be called again.
   */
  async stop(): Promise<void> {
    this.scope.abort(new PresenceError('closed', 'the consumer was stopped'));
    await this.ended;
  }

  [dispose](): void {
    void this.stop();
  }

  /** Runs until the consumer ends. Returns the error that ended it, or undefined if the program stopped it. */
  private async run(): Promise<PresenceError | undefined> {
    const { signal } = this.scope;
    let reading: Promise<void> | undefined;
    try {
      const saved = await this.repeat('load', async () =>
        loadedPosition(await unlessAborted(this.load(), signal)),
      );
      this.buffer.begin(this.positions.startAt(saved));
      reading = this.read();
      return await this.handOver(saved);
    } catch (reason) {
      const isStopped = signal.aborted;
      const error = errorOf(reason, signal);
      this.scope.abort(error);
      await reading;
      this.stateValue.set({ status: 'closed', reason: error.code, error });
      this.stateValue.complete();
      return isStopped ? undefined : error;
    }
  }

  private async load(): Promise<unknown> {
    return this.options.position.load();
  }

  private async handOver(saved: string): Promise<never> {
    for (let position = saved; ;) {
      const batch = await this.buffer.take(this.scope.signal);
      if (hasContent(batch)) await this.repeat('onEvents', () => this.options.onEvents(batch));
      // While there are no events, the position moves on with the heartbeats of the service.
      if (batch.position !== position) {
        await this.repeat('save', () => this.options.position.save(batch.position));
      }
      ({ position } = batch);
    }
  }

  /** Calls a function of the program until it succeeds, with pauses. Does not repeat it when the consumer is stopped. */
  private async repeat<T>(callback: Callback, call: () => T | Promise<T>): Promise<T> {
    const { signal } = this.scope;
    const backoff = this.caller.newBackoff();
    for (;;) {
      try {
        const result = await call();
        this.fail(undefined);
        return result;
      } catch (error) {
        signal.throwIfAborted();
        const retryInMs = backoff.next({});
        this.fail({ status: 'retrying', callback, error, retryInMs });
        await sleep(this.caller.options.timers, retryInMs, signal);
      }
    }
  }

  /** Reads streams, one after the other, until one ends with a final error. */
  private async read(): Promise<void> {
    await this.live.run(
      () => this.follow(),
      () => {},
    );
    this.buffer.close(this.reading.signal.reason as PresenceError);
  }

  /** Runs one subscription from the position where the last one ended. */
  private async follow(): Promise<End> {
    const { buffer, filter } = this;
    const { signal } = this.reading;
    const resumeToken = buffer.begin();
    const request = { ...filter, resumeToken, delivery: Delivery.EVERY_EVENT };
    const end = await runStream<SubscribeResponse>(
      this.caller,
      signal,
      ({ events }, options) => events.subscribe(request, options),
      async (message) => {
        if (message.sync === Sync.RESET) this.live.fallBehind();
        await buffer.add(message, signal);
        if (message.sync === Sync.CURRENT) this.live.catchUp();
      },
    );
    const isTokenRejected = end.error.violations.some(({ field }) => field === 'resume_token');
    if (resumeToken === '' || !isTokenRejected) return end;
    // The position is from another service that ran here before.
    buffer.begin(LOST);
    return { ...end, retryable: true };
  }

  private fail(failure: Retrying | undefined): void {
    if (failure === this.failure) return;
    this.failure = failure;
    this.publish(this.live.value.value);
  }

  private publish(state: CollectionState): void {
    // The consumer is closed only after the batch in progress.
    if (state.status !== 'closed') this.stateValue.set(this.failure ?? state);
    else if (this.failure !== undefined) this.stateValue.set(this.failure);
  }
}

function hasContent({ reset, events }: EventBatch<unknown>): boolean {
  return reset !== undefined || events.length > 0;
}
