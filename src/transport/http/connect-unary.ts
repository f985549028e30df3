import {
  contentTypeUnaryJson,
  contentTypeUnaryProto,
  headerTimeout,
  headerUnaryEncoding,
  parseTimeout,
} from '@connectrpc/connect/protocol-connect';
import type { Protocol } from './protocol.js';
import { UnaryResponse } from './unary-response.js';

/** Unary calls of Connect: plain HTTP requests and responses whose body is the message. */
export const connectUnary: Protocol = {
  contentTypes: { proto: contentTypeUnaryProto, json: contentTypeUnaryJson },
  timeoutHeader: headerTimeout,
  compressionHeader: headerUnaryEncoding,
  parseTimeout,
  unwrapMessage: (body) => body,
  answer: (stream, contentType) => new UnaryResponse(stream, contentType),
};
