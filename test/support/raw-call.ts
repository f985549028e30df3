import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';

/** A gRPC call in plain HTTP/2. The test decides when each frame is sent. */
export class RawCall {
  private constructor(
    readonly session: ClientHttp2Session,
    readonly stream: ClientHttp2Stream,
  ) {}

  /** Calls a method with an empty request, on `connection` or on a separate connection. */
  static to(
    address: string,
    method: string,
    token: string,
    session = connect(`http://${address}`),
  ): RawCall {
    const stream = session.request({
      ':method': 'POST',
      ':path': `/presence.v1.${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: `Bearer ${token}`,
    });
    session.setMaxListeners(0).on('error', () => {});
    stream.on('error', () => {});
    // An uncompressed message of zero bytes.
    stream.end(Buffer.alloc(5));
    return new RawCall(session, stream);
  }

  /** Waits for the first bytes of the response. */
  async answered(): Promise<void> {
    await new Promise((resolve) => this.stream.once('data', resolve));
  }
}
