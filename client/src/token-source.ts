import { unlessAborted } from './abort.js';
import { Backoff } from './backoff.js';
import { PresenceError } from './presence-error.js';
import { Scope } from './scope.js';
import { sleep, type Timers } from './timers.js';

/** A token, or where one is asked for whenever one is needed. `signal` is aborted when the answer comes too late. */
export type TokenOption =
  string | ((options: { readonly signal: AbortSignal }) => string | Promise<string>);

interface TokenSourceOptions {
  readonly timers: Timers;
  readonly random: () => number;
  /** How long an answer may take. */
  readonly timeoutMs: number;
}

interface Question {
  readonly answer: Promise<string>;
  readonly scope: Scope;
  /** How many wait for the answer. */
  waiting: number;
}

/**
 * Keeps the token until it is known to be no good, so that all calls share one, and one question for it. After a
 * question that failed the next one waits, longer each time, however many calls need a token.
 */
export class TokenSource {
  private question: Question | undefined;
  private token: string | undefined;
  /** Why the last question failed. Undefined: it did not. */
  private problem: string | undefined;
  private backoff: Backoff | undefined;
  private nextQuestionAt = -Infinity;

  constructor(
    private readonly option: TokenOption,
    private readonly options: TokenSourceOptions,
  ) {}

  /** Why there is no token yet although somebody waits for one. Undefined: there is one. */
  get lack(): string | undefined {
    if (this.question === undefined || this.token !== undefined) return undefined;
    return this.problem ?? 'token() has not answered';
  }

  async get(signal: AbortSignal): Promise<string> {
    const question = (this.question ??= this.ask());
    question.waiting++;
    try {
      return await unlessAborted(question.answer, signal);
    } finally {
      if (--question.waiting === 0) this.giveUp(question);
    }
  }

  /** Has the next call ask again, unless somebody else has already asked since this token was given. */
  discard(token: string): void {
    if (this.token === token) this.question = this.token = undefined;
  }

  private ask(): Question {
    const scope = new Scope();
    const answer = this.answerIn(scope);
    // Those who wait for it are told.
    answer.catch(() => {});
    return { answer, scope, waiting: 0 };
  }

  /** A question without an answer that nobody waits for any more is none. */
  private giveUp(question: Question): void {
    if (this.question !== question || this.token !== undefined) return;
    this.question = undefined;
    question.scope.abort(new PresenceError('closed', 'nobody waits for the token any more'));
  }

  private async answerIn(scope: Scope): Promise<string> {
    const { timers, timeoutMs } = this.options;
    const { signal } = scope;
    try {
      const pauseMs = this.nextQuestionAt - timers.now();
      if (pauseMs > 0) await sleep(timers, pauseMs, signal);
      scope.endAfter(timers, timeoutMs, 'unavailable', () => `no token within ${timeoutMs} ms`);
      const token = tokenIn(await unlessAborted(this.callOption(signal), signal));
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

/** A `PresenceError` is the program's own word. Any other error may hold the token, so it is the cause and no more. */
function problemOf(reason: unknown): PresenceError {
  if (reason instanceof PresenceError) return reason;
  return new PresenceError('unavailable', 'token() failed', { cause: reason });
}

/** The token in an answer. The error does not repeat what came instead: it may be a secret. */
function tokenIn(answer: unknown): string {
  const token = typeof answer === 'string' ? answer.trim() : '';
  if (isJwt(token)) return token;
  throw new PresenceError('unavailable', 'token() gave something that is no JWT');
}

/** Whether the service could take it at all: three parts, of which the second holds claims. */
export function isJwt(token: string): boolean {
  return claimsOf(token) !== undefined;
}

/** When a JWT expires, in milliseconds since 1970 by the clock of the service. Infinity: never. */
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
