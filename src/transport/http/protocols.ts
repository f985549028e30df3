import type { ConnectError } from '@connectrpc/connect';
import * as connect from '@connectrpc/connect/protocol-connect';
import * as web from '@connectrpc/connect/protocol-grpc-web';
import type { ResponseObserver } from '../call/response-observer.js';
import { EnvelopedResponse, messageInEnvelope } from './enveloped-response.js';
import type { ResponseStream } from './response-stream.js';
import { UnaryResponse } from './unary-response.js';

/** A protocol for calls over HTTP. */
export interface Protocol {
  /** The content types of its responses. */
  readonly contentTypes: { readonly proto: string; readonly json: string };
  /** The header with the timeout of a call. */
  readonly timeoutHeader: string;
  /** The header that names the compression of a request. */
  readonly compressionHeader: string;
  /** Parses the timeout of a call. */
  readonly parseTimeout: ParseTimeout;
  /** Returns the message in the body of a request. Undefined if there is not exactly one. */
  readonly unwrapMessage: (body: Buffer) => Buffer | undefined;
  readonly response: (stream: ResponseStream, contentType: string) => ResponseObserver<Buffer>;
}

type ParseTimeout = (
  header: string | null,
  mostMs: number,
) => { readonly timeoutMs?: number; readonly error?: ConnectError | undefined };

/** Unary calls of Connect: plain HTTP requests and responses whose body is the message. */
export const connectUnary: Protocol = {
  contentTypes: { proto: connect.contentTypeUnaryProto, json: connect.contentTypeUnaryJson },
  timeoutHeader: connect.headerTimeout,
  compressionHeader: connect.headerUnaryEncoding,
  parseTimeout: connect.parseTimeout,
  unwrapMessage: (body) => body,
  response: (stream, contentType) => new UnaryResponse(stream, contentType),
};

/** Server-streaming calls of Connect. The last message of the body holds the final status as JSON. */
export const connectStreaming: Protocol = {
  contentTypes: { proto: connect.contentTypeStreamProto, json: connect.contentTypeStreamJson },
  timeoutHeader: connect.headerTimeout,
  compressionHeader: connect.headerStreamEncoding,
  parseTimeout: connect.parseTimeout,
  unwrapMessage: messageInEnvelope,
  response: (stream, contentType) =>
    new EnvelopedResponse(stream, contentType, connect.endStreamFlag, (error) =>
      Buffer.from(JSON.stringify(connect.endStreamToJson(new Headers(), error, undefined))),
    ),
};

/** gRPC-Web sends the gRPC trailers as the last message of the body, because scripts cannot read HTTP trailers. */
export const grpcWeb: Protocol = {
  contentTypes: { proto: web.contentTypeProto, json: web.contentTypeJson },
  timeoutHeader: web.headerTimeout,
  compressionHeader: web.headerEncoding,
  parseTimeout: web.parseTimeout,
  unwrapMessage: messageInEnvelope,
  response: (stream, contentType) =>
    new EnvelopedResponse(stream, contentType, web.trailerFlag, (error) =>
      Buffer.from(web.trailerSerialize(web.setTrailerStatus(new Headers(), error))),
    ),
};
