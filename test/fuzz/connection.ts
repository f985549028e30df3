import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { Answer } from './answer.js';
import { fieldsIn } from './answer.js';

/**
 * Longer than the 10 s that the server waits for the rest of a request over HTTP, which may never
 * arrive.
 */
export const ANSWERED_WITHIN_MS = 20_000;

/** A complete call as raw data. */
export interface RawRequest {
  readonly path: string;
  readonly contentType: string;
  /** Whether the response is a stream that does not end by itself. */
  readonly isStream: boolean;
  /** Headers that are added to the headers of every call, or replace them. */
  readonly headers: Readonly<Record<string, string>>;
  /** The data that is sent, including the framing. */
  readonly body: Buffer;
  /** Undefined if no token is sent. */
  readonly token: string | undefined;
}

/** Node closes a connection that has received a thousand frames that violate HTTP/2. */
const CALLS_OF_A_CONNECTION = 500;

/**
 * HTTP/2 with a standard client, which can send any headers and data. One connection serves many
 * calls if it survives.
 */
export class Connection {
  private session: ClientHttp2Session | undefined;
  private calls = 0;

  constructor(private readonly address: string) {}

  /** Makes a call and waits for its end. Cancels a stream that has begun without an error. */
  async call({ path, contentType, isStream, headers, body, token }: RawRequest): Promise<Answer> {
    const stream = this.open().request({
      ':method': 'POST',
      ':path': path,
      'content-type': contentType,
      te: 'trailers',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    });
    let first: IncomingHttpHeaders & { ':status'?: number | undefined } = {};
    let last: IncomingHttpHeaders = {};
    let data = Buffer.alloc(0);
    let wasLeft = false;
    let failure: string | undefined;
    stream.on('response', (received: IncomingHttpHeaders) => (first = received));
    stream.on('trailers', (received: IncomingHttpHeaders) => (last = received));
    stream.on('error', (error: Error) => (failure = error.message));
    stream.on('data', (chunk: Buffer) => {
      data = Buffer.concat([data, chunk]);
      if (!isStream || first['grpc-status'] !== undefined) return;
      wasLeft = true;
      stream.close(constants.NGHTTP2_CANCEL);
    });
    stream.end(body);
    await new Promise<void>((resolve, reject) => {
      const fail = (): void => reject(new Error(`${path} is not answered: ${this.state(stream)}`));
      const timer = setTimeout(fail, ANSWERED_WITHIN_MS);
      stream.on('close', () => {
        clearTimeout(timer);
        resolve();
      });
    });
    const { 'grpc-status': code, 'grpc-message': message, ...others } = { ...first, ...last };
    return {
      httpStatus: first[':status'],
      code: typeof code === 'string' ? Number(code) : undefined,
      message: decodeURIComponent(typeof message === 'string' ? message : ''),
      fields: fieldsIn(others['grpc-status-details-bin'] as string | undefined),
      messages: messagesIn(data),
      wasLeft,
      failure: wasLeft ? undefined : failure,
    };
  }

  close(): void {
    this.session?.destroy();
  }

  /** Formats the state of connection and stream, to diagnose a call without a response. */
  private state({ state, id, closed, destroyed }: ClientHttp2Stream): string {
    const { session } = this;
    return JSON.stringify({
      stream: { id, closed, destroyed, state },
      connection: { closed: session?.closed, destroyed: session?.destroyed, ...session?.state },
    });
  }

  private open(): ClientHttp2Session {
    if (++this.calls % CALLS_OF_A_CONNECTION === 0) this.close();
    if (this.session === undefined || this.session.destroyed || this.session.closed) {
      this.session = connect(`http://${this.address}`);
      this.session.on('error', () => {});
    }
    return this.session;
  }
}

function messagesIn(data: Buffer): readonly Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at + 5 <= data.length;) {
    const end = at + 5 + data.readUInt32BE(at + 1);
    messages.push(data.subarray(at + 5, end));
    at = end;
  }
  return messages;
}
