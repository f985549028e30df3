import type { CallExecutor } from './call-executor.js';
import { ObservableValue, type ReadonlyValue } from './observable-value.js';
import { PresenceError, type PresenceErrorCode } from './presence-error.js';
import { runWithReconnect, type End } from './run-with-reconnect.js';
import type { Scope } from './scope.js';

/** The state of a collection, and of counts. */
export type CollectionState =
  /** The collection has not been complete yet. `error` is the cause of the delay. */
  | { readonly status: 'loading'; readonly error?: PresenceError }
  /** The collection is up to date. The state stays `live` while the token is renewed. */
  | { readonly status: 'live' }
  /** The collection shows an earlier state. `error` is the cause; it is absent while the collection only catches up. */
  | { readonly status: 'stale'; readonly error?: PresenceError }
  /** The collection does not change any more. `reason` is `closed` if the program closed it. */
  | {
      readonly status: 'closed';
      readonly reason: PresenceErrorCode;
      readonly error: PresenceError;
    };

/** How long a stream whose token has expired may take to resume with a new token before its data counts as stale. */
const RENEWAL_PATIENCE_MS = 2000;

/** Keeps a stream of live data open, and knows whether the data is complete and current. */
export class LiveState {
  private readonly stateValue = new ObservableValue<CollectionState>({ status: 'loading' });
  private isComplete = false;
  /** The timer after which the data counts as stale, set while the token is renewed. */
  private renewal: unknown;
  private resolveReady!: () => void;
  private rejectReady!: (error: PresenceError) => void;
  /** Resolves when the data is complete for the first time. Rejects if it is closed before. */
  readonly ready: Promise<void>;

  constructor(
    private readonly caller: CallExecutor,
    private readonly scope: Scope,
  ) {
    this.ready = new Promise((resolve, reject) => {
      this.resolveReady = resolve;
      this.rejectReady = reject;
    });
    // A caller that does not await `ready` learns of the failure from `state`.
    this.ready.catch(() => {});
  }

  get value(): ReadonlyValue<CollectionState> {
    return this.stateValue;
  }

  /** Runs the stream, and reconnects until an error is final. Then it calls `onEnd`, and sets the state to `closed`. */
  async run(follow: () => Promise<End>, onEnd: () => void): Promise<void> {
    const error = await runWithReconnect(this.caller, this.scope.signal, follow, (lost) =>
      this.lose(lost),
    );
    this.endRenewal();
    this.scope.abort(error);
    this.rejectReady(error);
    onEnd();
    this.stateValue.set({ status: 'closed', reason: error.code, error });
    this.stateValue.complete();
  }

  /** The data is complete and current. */
  catchUp(): void {
    this.endRenewal();
    if (this.stateValue.value.status !== 'live') this.stateValue.set({ status: 'live' });
    this.isComplete = true;
    this.resolveReady();
  }

  /** The data is not current any more. */
  fallBehind(error?: PresenceError): void {
    this.endRenewal();
    const status = this.isComplete ? 'stale' : 'loading';
    this.stateValue.set({ status, ...(error && { error }) });
  }

  private lose(error: PresenceError): void {
    // After a revocation the client waits before it requests a new token, and the token may be refused.
    const isTokenOver = error.code === 'unauthenticated' && error.reason !== 'TOKEN_REVOKED';
    // With a new token the stream resumes where it was, and the delay stays within what any message may take.
    if (isTokenOver) this.expectDelay(error);
    else this.fallBehind(error);
  }

  /** The stream ends, and the next one continues at its position. The data becomes stale only if that takes long. */
  expectDelay(error?: PresenceError): void {
    if (this.stateValue.value.status !== 'live') return this.fallBehind(error);
    const { timers } = this.caller.options;
    this.renewal ??= timers.setTimeout(() => this.fallBehind(error), RENEWAL_PATIENCE_MS);
  }

  private endRenewal(): void {
    this.caller.options.timers.clearTimeout(this.renewal);
    this.renewal = undefined;
  }
}
