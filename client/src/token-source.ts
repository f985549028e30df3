import { onAbort, unlessAborted } from './abort.js';
import { Backoff } from './backoff.js';
import { PresenceError } from './presence-error.js';
import { Scope } from './scope.js';
import { sleep, type Timers } from './timers.js';

/**
 * A token, or a function that returns one when it is needed. `signal` is aborted when the result would come too late.
 */
export type TokenOption =
  string | ((options: { readonly signal: AbortSignal }) => string | Promise<string>);

/** The `reason` of an error for a revoked token. */
const REVOKED = 'TOKEN_REVOKED';

/**
 * The time between the revocation of a token and the request for a new one, in milliseconds. The service refuses every
 * token whose `iat` is before the revocation, and `iat` is in seconds, so a token that was issued in the same second
 * is refused too. The half second more is for an issuer whose clock is a little slow.
 */
const REVOCATION_PAUSE_MS = 1500;

interface TokenSourceOptions {
  readonly timers: Timers;
  readonly random: () => number;
  /** The timeout of one token request, in milliseconds. */
  readonly timeoutMs: number;
}

interface Question {
  readonly answer: Promise<string>;
  readonly scope: Scope;
  /** The number of callers that wait for the token. */
  waiting: number;
}

/**
 * Keeps the token until it is known to be invalid, so that all calls share one token and one token request. After a
 * failed request the next one waits, longer each time, however many calls need a token.
 */
export class TokenSource {
  private question: Question | undefined;
  private token: string | undefined;
  /** The error of the last request. Undefined if it succeeded. */
  private problem: string | undefined;
  private backoff: Backoff | undefined;
  private nextQuestionAt = -Infinity;
  /** Aborted and replaced when the program wants a newer token. */
  private renewal = new AbortController();
  /** Whether the previous token was revoked and no call has succeeded with a newer one yet. */
  private isAfterRevocation = false;
  /** Why no token is requested any more. Undefined: tokens are requested. */
  private end: PresenceError | undefined;

  constructor(
    private readonly option: TokenOption,
    private readonly options: TokenSourceOptions,
  ) {}

  /** Why callers that wait have no token yet. Undefined if there is a token or no caller waits. */
  get lack(): string | undefined {
    if (this.question === undefined || this.token !== undefined) return undefined;
    return this.problem ?? 'token() has not returned a token';
  }

  /** The time until the next token can be requested, in milliseconds. Zero if there is a token. */
  get pauseMs(): number {
    if (this.token !== undefined) return 0;
    return Math.max(0, this.nextQuestionAt - this.options.timers.now());
  }

  async get(signal: AbortSignal): Promise<string> {
    if (this.end !== undefined) throw this.end;
    const question = (this.question ??= this.ask());
    question.waiting++;
    try {
      return await unlessAborted(question.answer, signal);
    } finally {
      if (--question.waiting === 0) this.giveUp(question);
    }
  }

  /** Makes the next call request a new token, unless another call has already done so since this token arrived. */
  discard(token: string): void {
    if (this.token === token) this.question = this.token = undefined;
  }

  /**
   * Notes that the service rejected a token, and returns whether another token can be accepted. After a revocation the
   * next token is requested a little later. If that one is revoked as well, the user is not allowed in, and no token is
   * requested any more.
   */
  reject(token: string, error: PresenceError): boolean {
    if (this.token === token) {
      this.discard(token);
      if (error.reason === REVOKED) this.noteRevocation(error);
    }
    return this.end === undefined;
  }

  /** Notes that a call with a token succeeded. */
  accept(token: string): void {
    if (this.token === token) this.isAfterRevocation = false;
  }

  /** Requests a new token for the next call, and for all that `onRenewal` knows of. A fixed token cannot be renewed. */
  renew(): void {
    if (typeof this.option === 'string') return;
    if (this.token !== undefined) this.discard(this.token);
    const { renewal } = this;
    this.renewal = new AbortController();
    renewal.abort();
  }

  /**
   * Calls `callback` when a newer token than this one should be used, or at once if the token is no longer used. Returns a
   * function that removes the callback.
   */
  onRenewal(token: string, callback: () => void): () => void {
    if (this.token === token) return onAbort(this.renewal.signal, callback);
    callback();
    return () => {};
  }

  private noteRevocation(error: PresenceError): void {
    // A program with a fixed token cannot supply another one.
    if (this.isAfterRevocation || typeof this.option === 'string') this.end = error;
    this.isAfterRevocation = true;
    this.problem = error.message;
    const notBefore = this.options.timers.now() + REVOCATION_PAUSE_MS;
    this.nextQuestionAt = Math.max(this.nextQuestionAt, notBefore);
  }

  private ask(): Question {
    const scope = new Scope();
    const answer = this.answerIn(scope);
    // The callers that wait receive the error.
    answer.catch(() => {});
    return { answer, scope, waiting: 0 };
  }

  /** Cancels a request without a result if no caller waits for it any more. */
  private giveUp(question: Question): void {
    if (this.question !== question || this.token !== undefined) return;
    this.question = undefined;
    question.scope.abort(new PresenceError('closed', 'no call waits for the token any more'));
  }

  private async answerIn(scope: Scope): Promise<string> {
    const { timers, timeoutMs } = this.options;
    const { signal } = scope;
    const { pauseMs } = this;
    try {
      if (pauseMs > 0) await sleep(timers, pauseMs, signal);
      scope.endAfter(timers, timeoutMs, 'unavailable', () => `no token within ${timeoutMs} ms`);
      let token: string;
      let renewal: AbortController;
      do {
        ({ renewal } = this);
        token = tokenIn(await unlessAborted(this.callOption(signal), signal));
        // The rights may have changed while the program made the token.
      } while (renewal !== this.renewal);
      this.problem = this.backoff = undefined;
      return (this.token = token);
    } catch (reason) {
      const error = signal.aborted ? (signal.reason as PresenceError) : problemOf(reason);
      if (error.isRetryable) this.pauseAfter(error);
      throw error;
    } finally {
      scope.close();
    }
  }

  private pauseAfter(error: PresenceError): void {
    const { timers, random } = this.options;
    this.problem = error.message;
    this.backoff ??= new Backoff(random);
    this.nextQuestionAt = timers.now() + this.backoff.next(error);
  }

  private async callOption(signal: AbortSignal): Promise<unknown> {
    const { option } = this;
    return typeof option === 'string' ? option : option({ signal });
  }
}

/**
 * A `PresenceError` was thrown by the program on purpose and is kept. The message of any other error may contain the
 * token, so that error becomes only the `cause`.
 */
function problemOf(reason: unknown): PresenceError {
  if (reason instanceof PresenceError) return reason;
  return new PresenceError('unavailable', 'token() failed', { cause: reason });
}

/** Returns the token in a result. The error does not repeat an invalid result, which may be a secret. */
function tokenIn(answer: unknown): string {
  const token = typeof answer === 'string' ? answer.trim() : '';
  if (isJwt(token)) return token;
  throw new PresenceError('unavailable', 'token() did not return a JWT');
}

/** Whether the service could accept the token at all: it has three parts, and the second contains claims. */
export function isJwt(token: string): boolean {
  return claimsOf(token) !== undefined;
}

/** The expiry of a JWT, in milliseconds since 1970 by the clock of the service. Infinity if it never expires. */
export function expiryOf(token: string): number {
  const exp = claimsOf(token)?.exp;
  return typeof exp === 'number' ? exp * 1000 : Infinity;
}

function claimsOf(token: string): { readonly exp?: unknown } | undefined {
  const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(token) ?? [];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    return typeof claims === 'object' && claims !== null ? claims : undefined;
  } catch {
    return undefined;
  }
}
