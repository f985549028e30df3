import {
  contentTypeStreamJson,
  contentTypeStreamProto,
  endStreamFlag,
  endStreamToJson,
  headerStreamEncoding,
  headerTimeout,
  parseTimeout,
} from '@connectrpc/connect/protocol-connect';
import { messageInEnvelope } from './envelope.js';
import { EnvelopedResponse } from './enveloped-response.js';
import type { Protocol } from './protocol.js';

/** Server-streaming calls of Connect. The last message of the body holds the final status as JSON. */
export const connectStreaming: Protocol = {
  contentTypes: { proto: contentTypeStreamProto, json: contentTypeStreamJson },
  timeoutHeader: headerTimeout,
  compressionHeader: headerStreamEncoding,
  parseTimeout,
  unwrapMessage: messageInEnvelope,
  answer: (stream, contentType) =>
    new EnvelopedResponse(stream, contentType, endStreamFlag, (error) =>
      Buffer.from(JSON.stringify(endStreamToJson(new Headers(), error, undefined))),
    ),
};
