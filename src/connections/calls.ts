import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Connection } from './connection.js';
import { Cuts } from './cuts.js';

/** The largest request, after it was inflated: 10,000 ids of 128 characters fit, whatever the script. */
export const MAX_REQUEST_BYTES = 8 * 1024 * 1024;

/** What a request may hold without being counted, so that large ones of others keep no small one out. */
const FREE_BYTES = 16 * 1024;
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

  constructor(private readonly timeoutMs: number) {}

  /** A call has begun: its headers are there, and grpc-js has it. */
  begin(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, connection: Connection): void {
    connection.countCall();
    // Answered already, such as an unknown method. Node closes it by itself unless somebody reads.
    if (stream.headersSent || stream.destroyed) return;
    this.limitTime(stream, connection);
    this.limitRequest(stream, headers, connection);
  }

  /** Whether an answer of that many bytes may be written. It counts until the peer has taken it. */
  holdAnswer(stream: ServerHttp2Stream, bytes: number, connection: Connection): boolean {
    if (!connection.answers.take(bytes)) {
      this.cuts.add('answer_bytes', connection.network);
      return false;
    }
    stream.once('close', () => connection.answers.giveBack(bytes));
    return true;
  }

  private limitTime(stream: ServerHttp2Stream, connection: Connection): void {
    const timer = setTimeout(() => {
      if (isStuck(stream)) this.cut(stream, 'timeout', connection);
    }, this.timeoutMs).unref();
    // A streaming call is taken over with its listeners; its timer then finds it going on.
    stream.once('close', () => clearTimeout(timer));
  }

  private limitRequest(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    connection: Connection,
  ): void {
    const isCompressed = (headers['grpc-encoding'] ?? 'identity') !== 'identity';
    const inflation = isCompressed ? MAX_INFLATION : 1;
    let received = 0;
    let held = 0;
    stream.on('data', (chunk: Buffer) => {
      connection.countRequest(chunk.length);
      received += chunk.length;
      const needed = Math.min(received * inflation, MAX_REQUEST_BYTES) - FREE_BYTES;
      if (needed <= held) return;
      if (connection.requests.take(needed - held)) held = needed;
      else this.cut(stream, 'request_bytes', connection);
    });
    const release = (): void => {
      connection.requests.giveBack(held);
      held = 0;
    };
    // A request that is whole becomes a message that lives no longer than its call takes.
    stream.once('end', release).once('close', release);
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
