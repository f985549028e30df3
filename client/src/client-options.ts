import { check, checkFunction, checkObject, checkOptions, checkTimeout } from './arguments.js';
import { CallExecutor } from './call-executor.js';
import { Scope } from './scope.js';
import { systemTimers, type Timers } from './timers.js';
import { isJwt, TokenSource, type TokenOption } from './token-source.js';
import { Transports, type TransportOption } from './transports.js';

export interface PresenceClientOptions {
  /**
   * The transport to the service, from `@connectrpc/connect-node` or `@connectrpc/connect-web`. A function creates a
   * new transport whenever the client should reach another node, so that it opens a new connection at once. Use a
   * function if there are several nodes.
   */
  readonly transport: TransportOption;
  /**
   * The token of the user, a JWT, or a function that returns one. The client calls the function when it needs a token,
   * and again when the service rejects the token. If the function throws, returns no JWT or takes longer than
   * `timeoutMs`, the client calls it again after a pause, as if the service were unreachable. To give up, throw a
   * `PresenceError` with the code `unauthenticated`.
   */
  readonly token: TokenOption;
  /** The timeout of a call with all its attempts, and of the `token` function, in milliseconds. Default: 10000. */
  readonly timeoutMs?: number;
  /**
   * The time in milliseconds without any message after which a stream counts as lost. Default: 45000, three times the
   * longest silence that the server allows in its default configuration.
   */
  readonly silenceTimeoutMs?: number;
  /** Closes the client. */
  readonly signal?: AbortSignal;
  /** The source of time, replaced in tests. */
  readonly timers?: Timers;
  /** Returns a number between 0 and 1 that spreads the delays, replaced in tests. */
  readonly random?: () => number;
}

/** Checks the options and creates the lifetime and the calls of a client. */
export function startClient(options: PresenceClientOptions): {
  readonly scope: Scope;
  readonly caller: CallExecutor;
} {
  checkOptions(options);
  const {
    transport,
    token,
    timers = systemTimers,
    random = Math.random,
    timeoutMs = 10_000,
    silenceTimeoutMs = 45_000,
  } = options;
  if (typeof token === 'string') check(isJwt(token.trim()), 'token', 'must be a JWT');
  else checkFunction(token, 'token');
  checkTimeout(timeoutMs, 'timeoutMs');
  checkTimeout(silenceTimeoutMs, 'silenceTimeoutMs');
  checkFunction(random, 'random');
  checkObject(timers, 'timers', 'now', 'setTimeout', 'clearTimeout');
  const transports = new Transports(transport);
  const scope = new Scope(options.signal);
  const caller = new CallExecutor({
    transports,
    tokens: new TokenSource(token, { timers, random, timeoutMs }),
    timers,
    random,
    timeoutMs,
    silenceTimeoutMs,
    signal: scope.signal,
  });
  return { scope, caller };
}
