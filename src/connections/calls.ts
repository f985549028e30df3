import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { FREE_BYTES } from './allowance.js';
import type { Connection } from './connection.js';
import { Cuts } from './cuts.js';

/** How many bytes one byte of a compressed request may become: the most that deflate can do. */
const MAX_INFLATION = 1032;

const SENTENCES = {
  timeout: 'its request was not whole, or its answer not taken, within CALL_TIMEOUT_MS',
  request_bytes: 'too much of too many requests waited for their rest',
  answer_bytes: 'too much of too many answers waited to be taken',
} as const;

/** Sees to it that no call keeps the server waiting for its request, or with its answer, for ever and in any number. */
export class Calls {
  readonly cuts = new Cuts('Calls', SENTENCES);

  /** Of the few calls that hold more than is free. */
  private readonly releases = new WeakMap<ServerHttp2Stream, () => void>();

  /** Of the calls that are not over. */
  private readonly timers = new WeakMap<ServerHttp2Stream, NodeJS.Timeout>();

  /** `maxRequestBytes` is how large a request may be after it was inflated. */
  constructor(
    private readonly timeoutMs: number,
    private readonly maxRequestBytes: number,
  ) {}

  /** A call has begun: its headers are there, and grpc-js has it. */
  begin(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, connection: Connection): void {
    connection.countCall();
    // Answered already, such as an unknown method. Node closes it by itself unless somebody reads.
    if (stream.headersSent || stream.destroyed) return;
    const isCompressed = (headers['grpc-encoding'] ?? 'identity') !== 'identity';
    this.limitRequest(stream, connection, isCompressed ? MAX_INFLATION : 1);
    const timer = setTimeout(() => {
      if (isStuck(stream)) this.cut(stream, 'timeout', connection);
    }, this.timeoutMs).unref();
    this.timers.set(stream, timer);
    stream.once('close', () => {
      clearTimeout(timer);
      if (!this.releases.has(stream)) return;
      // It goes on being inflated without its stream, and there is no knowing for how long.
      if (isCompressed) setTimeout(() => this.release(stream), this.timeoutMs).unref();
      else this.release(stream);
    });
  }

  /** What the request of a call held is held no longer: it is whole, and about to be served. */
  release(stream: ServerHttp2Stream): void {
    this.releases.get(stream)?.();
    this.releases.delete(stream);
  }

  /** The stream was taken over, and its listeners went: its timer would hold it for long after its end. */
  goOn(stream: ServerHttp2Stream): void {
    const stop = (): void => clearTimeout(this.timers.get(stream));
    if (stream.destroyed) stop();
    else stream.once('close', stop);
  }

  /** Whether an answer of that many bytes may be written. It counts until the peer has taken it. */
  holdAnswer(stream: ServerHttp2Stream, bytes: number, connection: Connection): boolean {
    if (bytes <= FREE_BYTES) return true;
    if (!connection.answers.take(bytes)) {
      this.cuts.add('answer_bytes', connection.network);
      return false;
    }
    stream.once('close', () => connection.answers.giveBack(bytes));
    return true;
  }

  private limitRequest(stream: ServerHttp2Stream, connection: Connection, inflation: number): void {
    let received = 0;
    let held = 0;
    // Before grpc-js, which begins to inflate in the same breath, and leaves alone what comes to a closed stream.
    stream.prependListener('data', (chunk: Buffer) => {
      connection.countRequest(chunk.length);
      received += chunk.length;
      const needed = Math.min(received * inflation, this.maxRequestBytes) - FREE_BYTES;
      if (needed <= held) return;
      if (!connection.requests.take(needed - held)) {
        this.cut(stream, 'request_bytes', connection);
        return;
      }
      if (held === 0) {
        this.releases.set(stream, () => {
          connection.requests.giveBack(held);
          held = 0;
        });
      }
      held = needed;
    });
  }

  /** The client is told RESOURCE_EXHAUSTED, which is what gRPC makes of this code. */
  private cut(
    stream: ServerHttp2Stream,
    reason: keyof typeof SENTENCES,
    { network }: Connection,
  ): void {
    this.cuts.add(reason, network);
    stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }
}

/**
 * Whether a call that has been there for long is stuck: no answer has begun, be it because the request is not whole,
 * or the answer has ended and the peer does not take it. Streams that go on are not.
 */
function isStuck(stream: ServerHttp2Stream): boolean {
  if (stream.closed || stream.destroyed) return false;
  return !stream.headersSent || stream.writableEnded;
}
