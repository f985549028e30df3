import { parseContentType as parseConnect } from '@connectrpc/connect/protocol-connect';
import { parseContentType as parseGrpcWeb } from '@connectrpc/connect/protocol-grpc-web';
import { connectStreaming } from './connect-streaming.js';
import { connectUnary } from './connect-unary.js';
import { grpcWeb } from './grpc-web.js';
import type { Protocol } from './protocol.js';

/** How a call and its answer are written. */
export interface Format {
  readonly protocol: Protocol;
  readonly encoding: 'proto' | 'json';
}

/** What the content type of a request asks for. Undefined: nothing that such a method can be called with. */
export function negotiateFormat(contentType: string, isStreaming: boolean): Format | undefined {
  const connect = parseConnect(contentType);
  if (connect !== undefined) {
    if (connect.stream !== isStreaming) return undefined;
    return { protocol: connectFor(isStreaming), encoding: connect.binary ? 'proto' : 'json' };
  }
  const web = parseGrpcWeb(contentType);
  // The text form is for browsers without fetch.
  if (web === undefined || web.text) return undefined;
  return { protocol: grpcWeb, encoding: web.binary ? 'proto' : 'json' };
}

/** The content types that such a method can be called with. */
export function contentTypesFor(isStreaming: boolean): readonly string[] {
  const protocols = [connectFor(isStreaming), grpcWeb];
  return protocols.flatMap(({ contentTypes }) => [contentTypes.proto, contentTypes.json]);
}

function connectFor(isStreaming: boolean): Protocol {
  return isStreaming ? connectStreaming : connectUnary;
}
