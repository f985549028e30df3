import {
  Client as GrpcClient,
  credentials,
  type ChannelCredentials,
  type Metadata,
  type ServiceError,
} from '@grpc/grpc-js';

/** The methods of a connection that test clients use. The client of grpc-js has them. */
export interface Channel {
  makeUnaryRequest<Request, Response>(
    path: string,
    serialize: (message: Request) => Buffer,
    deserialize: (bytes: Buffer) => Response,
    request: Request,
    metadata: Metadata,
    callback: (error: ServiceError | null, response?: Response) => void,
  ): unknown;
  makeServerStreamRequest<Request, Response>(
    path: string,
    serialize: (message: Request) => Buffer,
    deserialize: (bytes: Buffer) => Response,
    request: Request,
    metadata: Metadata,
    options: { readonly deadline: number },
  ): CallStream<Response>;
  close(): void;
}

/** The methods of a response stream that test clients use. */
export interface CallStream<Response> {
  on(event: 'data', listener: (response: Response) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** Emitted once, at the end. OK has code 0. */
  on(event: 'status', listener: (end: End) => void): unknown;
  cancel(): void;
  pause(): unknown;
  resume(): unknown;
}

/** The status with which a call ended. */
export type End = Pick<ServiceError, 'code' | 'details' | 'metadata'>;

/** Opens a gRPC connection, without TLS unless credentials are given. */
export function grpcChannel(
  address: string,
  security: ChannelCredentials = credentials.createInsecure(),
): Channel {
  return new GrpcClient(address, security, {
    // Otherwise clients of one address would share a connection, and losing it would affect all of
    // them.
    'grpc.use_local_subchannel_pool': 1,
  });
}
