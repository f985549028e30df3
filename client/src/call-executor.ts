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

/** What every call may be given. */
export interface RequestOptions {
  /** Ends the wait for the answer. */
  readonly signal?: AbortSignal | undefined;
}

/** What all calls of a client have in common. */
export interface CallerOptions {
  readonly transports: Transports;
  readonly tokens: TokenSource;
  readonly timers: Timers;
  /** Between 0 and 1, as `Math.random`. */
  readonly random: () => number;
  /** How long a call may take, with all its tries. */
  readonly timeoutMs: number;
  /** How long a stream may be quiet. */
  readonly silenceTimeoutMs: number;
  /** Ends with the client. */
  readonly signal: AbortSignal;
}

/** One try of a call. */
export type Attempt<T> = (services: Services, options: CallOptions) => Promise<T>;

/** Makes calls with a token, asks for a new one when it has expired, and tries again what may yet succeed. */
export class CallExecutor {
  constructor(readonly options: CallerOptions) {}

  newBackoff(): Backoff {
    return new Backoff(this.options.random);
  }

  /** A call that is asked again until it is answered or refused: all calls of the contract may be repeated. */
  async call<T>(attempt: Attempt<T>, options: RequestOptions = {}): Promise<T> {
    checkOptions(options);
    const scope = this.deadline(options.signal);
    try {
      return await this.callWithin(scope.signal, attempt);
    } finally {
      scope.close();
    }
  }

  /** The time that a call has. To be closed. */
  deadline(...signals: readonly (AbortSignal | undefined)[]): Scope {
    const { signal, timers, timeoutMs, tokens } = this.options;
    const scope = new Scope(signal, ...signals);
    scope.endAfter(timers, timeoutMs, 'timeout', () => {
      const { lack } = tokens;
      return `no answer within ${timeoutMs} ms${lack === undefined ? '' : `: ${lack}`}`;
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
        // Who waited in vain is told why the last try failed, which says more than that time is up.
        if (error.code === 'timeout' && lastError !== undefined) throw lastError;
        if (signal.aborted || error.code !== 'unavailable') throw error;
        lastError = error;
      }
    }
  }

  /** Runs something with a token, and once more with a new one when that was refused. */
  async authenticated<T>(
    signal: AbortSignal,
    run: (headers: Headers, token: string) => Promise<T>,
  ): Promise<T> {
    const { tokens } = this.options;
    for (let isSecond = false; ; isSecond = true) {
      const token = await tokens.get(signal);
      try {
        return await run(new Headers({ authorization: `Bearer ${token}` }), token);
      } catch (reason) {
        const error = errorOf(reason, signal);
        if (error.code !== 'unauthenticated') throw error;
        tokens.discard(token);
        if (isSecond) throw error;
      }
    }
  }
}

/** Why something under this signal failed: what ended the signal is the reason behind all others. */
export function errorOf(reason: unknown, signal: AbortSignal): PresenceError {
  if (!signal.aborted) return toPresenceError(reason);
  const cause = signal.reason as unknown;
  return cause instanceof PresenceError
    ? cause
    : new PresenceError('cancelled', 'the program aborted it', { cause });
}
