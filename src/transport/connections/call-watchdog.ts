import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Connection } from './connection.js';
import { DisconnectLog } from './disconnect-log.js';
import { BYTES_PER_CALL, type HeldBytes, type Hold } from './held-bytes.js';

/** How many bytes one byte of a compressed request may become: the most that deflate can do. */
const MAX_INFLATION = 1032;

const REASONS = {
  timeout: 'its request was not whole, or its answer not taken, within CALL_TIMEOUT_MS',
  request_bytes: 'too much of too many requests waited for their rest',
  answer_bytes: 'too much of too many answers waited to be taken',
  oldest: 'calls held as much as they may, and this one had waited longest for its peer',
} as const;

/** A call that is not over. */
interface Call {
  readonly hold: Hold;
  readonly timer: NodeJS.Timeout;
}

/**
 * Sees to it that no call keeps the server waiting for its request, or with its answer, for ever and in any number. A call
 * counts from its headers on, whether or not its caller has a token.
 */
export class CallWatchdog {
  readonly cuts = new DisconnectLog('Calls', REASONS);

  private readonly open = new WeakMap<ServerHttp2Stream, Call>();

  constructor(
    private readonly timeoutMs: number,
    private readonly held: HeldBytes,
  ) {}

  /**
   * A call has begun: its headers are there, and grpc-js has it. `maxRequestBytes` is how large its request may be after it
   * was inflated.
   */
  begin(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    connection: Connection,
    maxRequestBytes: number,
  ): void {
    connection.countCall();
    // Answered already, such as an unknown method. Node closes it by itself unless somebody reads.
    if (stream.headersSent || stream.destroyed) return;
    const hold = this.held.hold(() => this.cut(stream, 'oldest', connection), connection.held);
    const bytes = BYTES_PER_CALL + sizeOf(headers);
    if (!hold.raiseTo(bytes)) return this.cut(stream, 'request_bytes', connection);
    hold.wait();
    const isCompressed = (headers['grpc-encoding'] ?? 'identity') !== 'identity';
    this.limitRequest(stream, connection, hold, (received) => {
      const inflated = isCompressed ? received * MAX_INFLATION : received;
      return bytes + Math.min(inflated, maxRequestBytes);
    });
    const timer = setTimeout(() => {
      if (isStuck(stream)) this.cut(stream, 'timeout', connection);
    }, this.timeoutMs).unref();
    this.open.set(stream, { hold, timer });
    stream.once('close', () => {
      clearTimeout(timer);
      // It goes on being inflated without its stream, and there is no knowing for how long.
      if (isCompressed) setTimeout(() => hold.release(), this.timeoutMs).unref();
      else hold.release();
    });
  }

  /** The request of a call is whole, and about to be served. What it holds counts on. */
  serve(stream: ServerHttp2Stream): void {
    this.open.get(stream)?.hold.serve();
  }

  /** A call that was served is kept waiting on purpose, and may be given up for the room that it takes. */
  keepWaiting(stream: ServerHttp2Stream): void {
    if (!stream.closed) this.open.get(stream)?.hold.wait();
  }

  /** What a call held is held no longer. What is kept of it from then on is counted elsewhere. */
  release(stream: ServerHttp2Stream): void {
    this.open.get(stream)?.hold.release();
  }

  /** The stream was taken over, and its listeners went: its timer would hold it for long after its end. */
  keepTimerAfterDetach(stream: ServerHttp2Stream): void {
    const stop = (): void => clearTimeout(this.open.get(stream)?.timer);
    if (stream.destroyed) stop();
    else stream.once('close', stop);
  }

  /** Whether an answer of that many bytes may be written. It counts until the peer has taken it. */
  holdAnswer(stream: ServerHttp2Stream, bytes: number, connection: Connection): boolean {
    const hold = this.open.get(stream)?.hold;
    if (hold === undefined) return true;
    hold.lowerTo(BYTES_PER_CALL);
    if (!hold.raiseTo(BYTES_PER_CALL + bytes)) {
      this.cuts.add('answer_bytes', connection.network);
      return false;
    }
    hold.wait();
    return true;
  }

  private limitRequest(
    stream: ServerHttp2Stream,
    connection: Connection,
    hold: Hold,
    needs: (received: number) => number,
  ): void {
    let received = 0;
    // Before grpc-js, which begins to inflate in the same breath, and leaves alone what comes to a closed stream.
    stream.prependListener('data', (chunk: Buffer) => {
      connection.countRequest(chunk.length);
      if (stream.closed) return;
      received += chunk.length;
      if (!hold.raiseTo(needs(received))) this.cut(stream, 'request_bytes', connection);
    });
  }

  /** The client is told RESOURCE_EXHAUSTED, which is what gRPC makes of this code. */
  private cut(
    stream: ServerHttp2Stream,
    reason: keyof typeof REASONS,
    { network }: Connection,
  ): void {
    this.cuts.add(reason, network);
    stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }
}

/** How many bytes headers take, at one for each character. */
function sizeOf(headers: IncomingHttpHeaders): number {
  let bytes = 0;
  for (const name in headers) bytes += name.length + String(headers[name]).length;
  return bytes;
}

/**
 * Whether a call that has been there for long is stuck: no answer has begun, be it because the request is not whole,
 * or the answer has ended and the peer does not take it. Streams that go on are not.
 */
function isStuck(stream: ServerHttp2Stream): boolean {
  if (stream.closed || stream.destroyed) return false;
  return !stream.headersSent || stream.writableEnded;
}
