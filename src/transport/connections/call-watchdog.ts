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

/** A call that has not ended. */
interface Call {
  readonly stream: ServerHttp2Stream;
  readonly connection: Connection;
  readonly account: CallAccount;
  /** The time of its timeout, in milliseconds of the monotonic clock. */
  readonly timeoutAt: number;
  /** The listeners for the data of the request, and for the end of the stream. */
  readonly onData: (chunk: Buffer) => void;
  readonly onClose: () => void;
  /** Whether its timeout has passed, and it was not stuck. */
  isChecked: boolean;
}

/**
 * Limits the time and the memory of calls that wait for their peer: a request that is incomplete, or a response that
 * the peer does not read. A call counts from its headers on, even if its caller has no token yet.
 */
export class CallWatchdog {
  readonly disconnects = new DisconnectLog('Calls', REASONS);

  /** By stream. All calls have the same timeout, so the call whose timeout passes first is first. */
  private readonly open = new Map<ServerHttp2Stream, Call>();
  /** One timer for all calls, because a timer for each would cost every call time. */
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly timeoutMs: number,
    private readonly memory: CallMemory,
  ) {}

  /**
   * Starts to watch a call. Its headers have arrived, and were handled already. `maxRequestBytes` is the
   * size limit of the request after it is inflated.
   */
  begin(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    connection: Connection,
    maxRequestBytes: number,
  ): void {
    connection.countCall();
    // A response was sent already, for example for an unknown method. Node closes such a stream by itself, but not if a
    // listener reads from it.
    if (stream.headersSent || stream.destroyed) return;
    const account = this.memory.open(
      () => this.cut(stream, 'node_budget', connection),
      connection.memory,
    );
    const bytes = BYTES_PER_CALL + sizeOf(headers);
    if (!account.raiseTo(bytes)) return this.cut(stream, 'request_budget', connection);
    account.wait();
    const isCompressed = (headers['grpc-encoding'] ?? 'identity') !== 'identity';
    const onData = this.countRequest(
      stream,
      connection,
      account,
      bytes,
      isCompressed,
      maxRequestBytes,
    );
    const onClose = (): void => {
      this.open.delete(stream);
      // Inflating continues without the stream, and there is no event for its end. The bytes stay counted for one more
      // timeout.
      if (isCompressed) setTimeout(() => account.release(), this.timeoutMs).unref();
      else account.release();
    };
    const timeoutAt = performance.now() + this.timeoutMs;
    const call = { stream, connection, account, timeoutAt, onData, onClose, isChecked: false };
    this.open.set(stream, call);
    this.timer ??= setTimeout(this.checkTimeouts, this.timeoutMs).unref();
    // This listener must run before the one that inflates in the same event, which ignores data of a closed stream.
    stream.prependListener('data', onData);
    stream.on('close', onClose);
  }

  /** Marks a call whose request is complete and is now served. Its bytes stay counted. */
  serve(stream: ServerHttp2Stream): void {
    this.open.get(stream)?.account.serve();
  }

  /** Stops counting the bytes of a call. Its later bytes are counted elsewhere. */
  release(stream: ServerHttp2Stream): void {
    this.open.get(stream)?.account.release();
  }

  /** Stops watching a call that may be open for days, and holds nothing of it any more. */
  forget(stream: ServerHttp2Stream): void {
    const call = this.open.get(stream);
    if (call === undefined) return;
    call.account.release();
    this.open.delete(stream);
    stream.off('data', call.onData).off('close', call.onClose);
  }

  /** Counts the bytes of a response until the peer has read it. Returns whether the response may be written. */
  countResponse(stream: ServerHttp2Stream, bytes: number, connection: Connection): boolean {
    const account = this.open.get(stream)?.account;
    if (account === undefined) return true;
    account.lowerTo(BYTES_PER_CALL);
    if (!account.raiseTo(BYTES_PER_CALL + bytes)) {
      this.disconnects.add('response_budget', connection.network);
      return false;
    }
    account.wait();
    return true;
  }

  /** Ends the calls that are stuck at their timeout, and waits for the timeout of the next call. */
  private readonly checkTimeouts = (): void => {
    this.timer = undefined;
    const now = performance.now();
    for (const call of this.open.values()) {
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

  /**
   * Returns the listener that counts the bytes of a request. `base` are the bytes that its call holds before the request.
   */
  private countRequest(
    stream: ServerHttp2Stream,
    connection: Connection,
    account: CallAccount,
    base: number,
    isCompressed: boolean,
    maxRequestBytes: number,
  ): (chunk: Buffer) => void {
    let received = 0;
    return (chunk) => {
      connection.countRequest(chunk.length);
      if (stream.closed) return;
      received += chunk.length;
      const inflated = isCompressed ? received * MAX_INFLATION : received;
      const needed = base + Math.min(inflated, maxRequestBytes);
      if (!account.raiseTo(needed)) this.cut(stream, 'request_budget', connection);
    };
  }

  /** Ends a call. gRPC clients map this HTTP/2 error code to RESOURCE_EXHAUSTED. */
  private cut(
    stream: ServerHttp2Stream,
    reason: keyof typeof REASONS,
    { network }: Connection,
  ): void {
    this.disconnects.add(reason, network);
    stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
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
