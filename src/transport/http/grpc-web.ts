import {
  contentTypeJson,
  contentTypeProto,
  headerEncoding,
  headerTimeout,
  parseTimeout,
  setTrailerStatus,
  trailerFlag,
  trailerSerialize,
} from '@connectrpc/connect/protocol-grpc-web';
import { messageInEnvelope } from './envelope.js';
import { EnvelopedResponse } from './enveloped-response.js';
import type { Protocol } from './protocol.js';

/** gRPC-Web sends the gRPC trailers as the last message of the body, because scripts cannot read HTTP trailers. */
export const grpcWeb: Protocol = {
  contentTypes: { proto: contentTypeProto, json: contentTypeJson },
  timeoutHeader: headerTimeout,
  compressionHeader: headerEncoding,
  parseTimeout,
  unwrapMessage: messageInEnvelope,
  answer: (stream, contentType) =>
    new EnvelopedResponse(stream, contentType, trailerFlag, (error) =>
      Buffer.from(trailerSerialize(setTrailerStatus(new Headers(), error))),
    ),
};
