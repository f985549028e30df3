import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Connection } from './connection.js';
import { DisconnectLog } from './disconnect-log.js';
import { BYTES_PER_CALL, type CallMemory, type CallAccount } from './call-memory.js';

/** The maximum compression ratio of deflate: one compressed byte can inflate to this many bytes. */
const MAX_INFLATION = 1032;

const REASONS = {
  timeout: 'its request was incomplete, or its response unread, in time',
  request_budget: 'its incomplete requests exceeded the byte budget of the connection',
  response_budget: 'its unread responses exceeded the byte budget of the connection',
  node_budget:
    'all calls together exceeded the byte budget of the node, and this call had waited longest among those that are not small',
} as const;

/**
 * Limits the time and the memory of calls that wait for their peer: a request that is incomplete, or a response that
 * the peer does not read. A call counts from its headers on, even if its caller has no token yet.
 */
export class CallWatchdog {
  readonly disconnects = new DisconnectLog('Calls', REASONS);

  /** All calls have the same timeout, so the call whose timeout passes first is first. */
  private readonly open = new Set<WatchedCall>();
  /** The calls that grpc-js serves, by stream. */
  private readonly ofStream = new WeakMap<ServerHttp2Stream, WatchedCall>();
  /** One timer for all calls, because a timer for each would cost every call time. */
  private timer: NodeJS.Timeout | undefined;

  constructor(
    readonly timeoutMs: number,
    private readonly memory: CallMemory,
  ) {}

  /**
   * Starts to watch a call whose headers have arrived. `maxRequestBytes` is the size limit of the request after it is
   * inflated. Returns undefined if the call was ended because of its headers, or has already been answered. The caller
   * reports what happens to the call.
   */
  begin(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    connection: Connection,
    maxRequestBytes: number,
  ): WatchedCall | undefined {
    connection.countCall();
    // A response was sent already, for example for an unknown method. Node closes such a stream by itself, but not if a
    // listener reads from it.
    if (stream.headersSent || stream.destroyed) return undefined;
    const account = this.memory.open(
      () => this.cut(stream, 'node_budget', connection),
      connection.memory,
    );
    const bytes = BYTES_PER_CALL + sizeOf(headers);
    if (!account.raiseTo(bytes)) {
      this.cut(stream, 'request_budget', connection);
      return undefined;
    }
    account.wait();
    const isCompressed = (headers['grpc-encoding'] ?? 'identity') !== 'identity';
    const call = new WatchedCall(this, stream, connection, account, isCompressed, maxRequestBytes);
    this.open.add(call);
    this.timer ??= setTimeout(this.checkTimeouts, this.timeoutMs).unref();
    return call;
  }

  /** Like `begin`, for a call that grpc-js serves: listens to the events of its stream. */
  beginForLibrary(...call: Parameters<CallWatchdog['begin']>): void {
    const watched = this.begin(...call);
    if (watched === undefined) return;
    const [stream] = call;
    this.ofStream.set(stream, watched);
    // This listener must run before the one of grpc-js, which inflates in the same event and ignores data of a closed
    // stream.
    stream.prependListener('data', (chunk: Buffer) => watched.countRequest(chunk.length));
    stream.on('close', () => watched.close());
  }

  /** Stops counting the bytes of a call that grpc-js serves. Its later bytes are counted elsewhere. */
  release(stream: ServerHttp2Stream): void {
    this.ofStream.get(stream)?.release();
  }

  /** Stops watching a call. Its bytes stay counted. */
  forget(call: WatchedCall): void {
    this.open.delete(call);
  }

  /** Ends the calls that are stuck at their timeout, and waits for the timeout of the next call. */
  private readonly checkTimeouts = (): void => {
    this.timer = undefined;
    const now = performance.now();
    for (const call of this.open) {
      if (call.isChecked) continue;
      // A timer fires up to a millisecond early.
      if (call.timeoutAt - now >= 1) {
        this.timer = setTimeout(this.checkTimeouts, call.timeoutAt - now).unref();
        return;
      }
      call.isChecked = true;
      if (isStuck(call.stream)) this.cut(call.stream, 'timeout', call.connection);
    }
  };

  /** Ends a call. gRPC clients map this HTTP/2 error code to RESOURCE_EXHAUSTED. */
  cut(stream: ServerHttp2Stream, reason: keyof typeof REASONS, { network }: Connection): void {
    this.disconnects.add(reason, network);
    stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }
}

/** A call that has not ended. Its owner reports what happens to it. */
export class WatchedCall {
  /** The time of its timeout, in milliseconds of the monotonic clock. */
  readonly timeoutAt: number;
  /** Whether its timeout has passed, and it was not stuck. */
  isChecked = false;
  /** The bytes that the call holds before its request. */
  private readonly base: number;
  private received = 0;

  constructor(
    private readonly watchdog: CallWatchdog,
    readonly stream: ServerHttp2Stream,
    readonly connection: Connection,
    private readonly account: CallAccount,
    private readonly isCompressed: boolean,
    private readonly maxRequestBytes: number,
  ) {
    this.base = account.size;
    this.timeoutAt = performance.now() + watchdog.timeoutMs;
  }

  /** Counts received bytes of the request, before they are used. Closes the stream if they exceed a budget. */
  countRequest(bytes: number): void {
    this.connection.countRequest(bytes);
    if (this.stream.closed) return;
    this.received += bytes;
    const inflated = this.isCompressed ? this.received * MAX_INFLATION : this.received;
    const needed = this.base + Math.min(inflated, this.maxRequestBytes);
    if (!this.account.raiseTo(needed))
      this.watchdog.cut(this.stream, 'request_budget', this.connection);
  }

  /** Notes that the request is complete and is now served. Its bytes stay counted. */
  serve(): void {
    this.account.serve();
  }

  /** Counts the bytes of a response until the peer has read it. Returns whether the response may be written. */
  countResponse(bytes: number): boolean {
    this.account.lowerTo(BYTES_PER_CALL);
    if (!this.account.raiseTo(BYTES_PER_CALL + bytes)) {
      this.watchdog.disconnects.add('response_budget', this.connection.network);
      return false;
    }
    this.account.wait();
    return true;
  }

  /** Stops counting the bytes of the call. Its later bytes are counted elsewhere. */
  release(): void {
    this.account.release();
  }

  /** Stops watching a stream that may stay open for days. */
  forget(): void {
    this.watchdog.forget(this);
    this.account.release();
  }

  /** Notes that the stream has closed. */
  close(): void {
    this.watchdog.forget(this);
    // Inflating continues without the stream, and there is no event for its end. The bytes stay counted for one more
    // timeout.
    if (this.isCompressed)
      setTimeout(() => this.account.release(), this.watchdog.timeoutMs).unref();
    else this.account.release();
  }
}

/** Returns the size of headers, counting one byte for each character. */
function sizeOf(headers: IncomingHttpHeaders): number {
  let bytes = 0;
  for (const name in headers) bytes += name.length + String(headers[name]).length;
  return bytes;
}

/**
 * Whether a call that has reached its timeout is stuck: its response has not begun (for example because the request is
 * incomplete), or its response has ended but the peer does not read it. A stream that still sends responses is not
 * stuck.
 */
function isStuck(stream: ServerHttp2Stream): boolean {
  if (stream.closed || stream.destroyed) return false;
  return !stream.headersSent || stream.writableEnded;
}
