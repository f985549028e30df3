import {
  Client as GrpcClient,
  credentials,
  type ChannelCredentials,
  type Metadata,
  type ServiceError,
} from '@grpc/grpc-js';

/** What a client of the tests needs of a connection: what grpc-js calls its client. */
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

/** What a client of the tests needs of a stream of answers. */
export interface CallStream<Response> {
  on(event: 'data', listener: (response: Response) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** Once, at the end. OK has code 0. */
  on(event: 'status', listener: (end: End) => void): unknown;
  cancel(): void;
  pause(): unknown;
  resume(): unknown;
}

/** How a call ended. */
export type End = Pick<ServiceError, 'code' | 'details' | 'metadata'>;

/** A connection of gRPC, plain unless it has credentials. */
export function grpcChannel(
  address: string,
  security: ChannelCredentials = credentials.createInsecure(),
): Channel {
  return new GrpcClient(address, security, {
    // Or clients of one address share a connection, and losing one would lose them all.
    'grpc.use_local_subchannel_pool': 1,
  });
}
