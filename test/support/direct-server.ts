import type { ServerHttp2Stream } from 'node:http2';
import { promisify } from 'node:util';
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import type { DescribedMethod, Handler } from '../../src/transport/call/handler.js';
import { handleCalls } from '../../src/transport/grpc/call-handling.js';
import type { WatchedCall } from '../../src/transport/connections/call-watchdog.js';

/** The size limit of a request in bytes. */
export const MAX_REQUEST_BYTES = 1000;

export const asIs = (message: Buffer): Buffer => message;

/** A method that the server serves without grpc-js. Its messages are Buffers. */
export interface DirectMethod {
  readonly handler: Handler;
  readonly responseStream?: boolean;
  readonly serialize?: (message: unknown) => Buffer;
}

/** A gRPC server whose methods are served on their HTTP/2 streams, as those of the contract are, and its client. */
export class DirectServer {
  private constructor(
    readonly server: Server,
    readonly port: number,
    readonly client: Client,
  ) {}

  /** Starts a server with the methods, by their paths. `addServices` adds services that grpc-js serves.
   * `watched` watches every call. */
  static async start(
    methods: Readonly<Record<string, DirectMethod>>,
    addServices: (server: Server) => void = () => {},
    watched?: WatchedCall,
  ): Promise<DirectServer> {
    const server = new Server({ 'grpc.enable_channelz': 0 });
    const served = Object.entries(methods).map(([path, method]) => {
      const { handler, responseStream = false, serialize = asIs } = method;
      const definition = {
        ...{ path, responseStream, requestDeserialize: asIs, responseSerialize: serialize },
      } as unknown as DescribedMethod;
      return [path, { handler, definition, maxRequestBytes: MAX_REQUEST_BYTES }] as const;
    });
    handleCalls(server, {
      methods: new Map(served),
      maxRequestBytesOf: () => MAX_REQUEST_BYTES,
      watchdog: { watch: () => watched, watchForLibrary: () => {} },
    });
    addServices(server);
    const bind = promisify(server.bindAsync.bind(server));
    const port = await bind('127.0.0.1:0', ServerCredentials.createInsecure());
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    return new DirectServer(server, port, client);
  }

  stop(): void {
    this.client.close();
    this.server.forceShutdown();
  }
}

/** Returns the HTTP/2 stream of a unary call, in the form in which its handler receives the call. */
export function unaryStream(call: unknown): ServerHttp2Stream {
  return call as ServerHttp2Stream;
}

/** Returns a stand-in that allows everything, except for what `overrides` says. */
export function watchedCall(overrides: Partial<WatchedCall>): WatchedCall {
  const nothing = (): void => {};
  const stand = { countRequest: nothing, serve: nothing, forget: nothing, close: nothing };
  return { ...stand, countResponse: () => true, ...overrides } as WatchedCall;
}
