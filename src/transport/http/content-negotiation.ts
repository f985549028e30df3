import { parseContentType as parseConnect } from '@connectrpc/connect/protocol-connect';
import { parseContentType as parseGrpcWeb } from '@connectrpc/connect/protocol-grpc-web';
import { connectStreaming, connectUnary, grpcWeb, type Protocol } from './protocols.js';

/** The protocol and the encoding of a call and its response. */
export interface Format {
  readonly protocol: Protocol;
  readonly encoding: 'proto' | 'json';
}

/** Returns the format for the content type of a request. Undefined if the method does not support it. */
export function negotiateFormat(contentType: string, isStreaming: boolean): Format | undefined {
  const connect = parseConnect(contentType);
  if (connect !== undefined) {
    if (connect.stream !== isStreaming) return undefined;
    return { protocol: connectFor(isStreaming), encoding: connect.binary ? 'proto' : 'json' };
  }
  const web = parseGrpcWeb(contentType);
  // The base64 form is only for browsers without fetch.
  if (web === undefined || web.text) return undefined;
  return { protocol: grpcWeb, encoding: web.binary ? 'proto' : 'json' };
}

/** Returns the content types that a method supports. */
export function contentTypesFor(isStreaming: boolean): readonly string[] {
  const protocols = [connectFor(isStreaming), grpcWeb];
  return protocols.flatMap(({ contentTypes }) => [contentTypes.proto, contentTypes.json]);
}

function connectFor(isStreaming: boolean): Protocol {
  return isStreaming ? connectStreaming : connectUnary;
}
