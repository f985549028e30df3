import type { CallOptions } from '@connectrpc/connect';
import { unlessAborted } from './abort.js';
import { checkOptions } from './arguments.js';
import { Backoff } from './backoff.js';
import { toPresenceError } from './error-conversion.js';
import { PresenceError } from './presence-error.js';
import { Scope } from './scope.js';
import { sleep, type Timers } from './timers.js';
import type { TokenSource } from './token-source.js';
import type { Services, Transports } from './transports.js';

/** The options of every call. */
export interface RequestOptions {
  /** Ends the wait for the response. */
  readonly signal?: AbortSignal | undefined;
}

/** The settings and parts that all calls of a client share. */
export interface CallerOptions {
  readonly transports: Transports;
  readonly tokens: TokenSource;
  readonly timers: Timers;
  /** Returns a number between 0 and 1, like `Math.random`. */
  readonly random: () => number;
  /** The timeout of a call with all its attempts, in milliseconds. */
  readonly timeoutMs: number;
  /** The maximum time between two messages of a stream, in milliseconds. */
  readonly silenceTimeoutMs: number;
  /** Aborted when the client is closed. */
  readonly signal: AbortSignal;
}

/** One attempt of a call. */
export type Attempt<T> = (services: Services, options: CallOptions) => Promise<T>;

/** Makes calls with a token, requests a new token when it has expired, and retries calls that can still succeed. */
export class CallExecutor {
  constructor(readonly options: CallerOptions) {}

  newBackoff(): Backoff {
    return new Backoff(this.options.random);
  }

  /** Repeats a call until it succeeds or fails with a final error. All calls of the contract may be repeated. */
  async call<T>(attempt: Attempt<T>, options: RequestOptions = {}): Promise<T> {
    checkOptions(options);
    const scope = this.deadline(options.signal);
    try {
      return await this.callWithin(scope.signal, attempt);
    } finally {
      scope.close();
    }
  }

  /** Opens a scope that ends at the timeout of a call. The caller must close it. */
  deadline(...signals: readonly (AbortSignal | undefined)[]): Scope {
    const { signal, timers, timeoutMs, tokens } = this.options;
    const scope = new Scope(signal, ...signals);
    scope.endAfter(timers, timeoutMs, 'timeout', () => {
      const { lack } = tokens;
      return `no response within ${timeoutMs} ms${lack === undefined ? '' : `: ${lack}`}`;
    });
    return scope;
  }

  async callWithin<T>(signal: AbortSignal, attempt: Attempt<T>): Promise<T> {
    const { timers, transports } = this.options;
    const backoff = this.newBackoff();
    let lastError: PresenceError | undefined;
    for (;;) {
      try {
        if (lastError !== undefined) await sleep(timers, backoff.next(lastError), signal);
        return await this.authenticated(signal, (headers) =>
          unlessAborted(attempt(transports.current, { headers, signal, timeoutMs: 0 }), signal),
        );
      } catch (reason) {
        const error = errorOf(reason, signal);
        // After a timeout, the error of the last attempt says more than the timeout itself.
        if (error.code === 'timeout' && lastError !== undefined) throw lastError;
        if (signal.aborted || error.code !== 'unavailable') throw error;
        lastError = error;
      }
    }
  }

  /** Calls `run` with a token, and once more with a new token if the service rejects the first one. */
  async authenticated<T>(
    signal: AbortSignal,
    run: (headers: Headers, token: string) => Promise<T>,
  ): Promise<T> {
    const { tokens } = this.options;
    for (let isSecond = false; ; isSecond = true) {
      const token = await tokens.get(signal);
      try {
        const result = await run(new Headers({ authorization: `Bearer ${token}` }), token);
        tokens.accept(token);
        return result;
      } catch (reason) {
        const error = errorOf(reason, signal);
        if (error.code !== 'unauthenticated') throw error;
        tokens.reject(token, error);
        if (isSecond) throw error;
      }
    }
  }
}

/**
 * Returns the error of a failure under this signal. If the signal is aborted, its reason is the cause of all other
 * errors.
 */
export function errorOf(reason: unknown, signal: AbortSignal): PresenceError {
  if (!signal.aborted) return toPresenceError(reason);
  const cause = signal.reason as unknown;
  return cause instanceof PresenceError
    ? cause
    : new PresenceError('cancelled', 'the caller aborted the call', { cause });
}
