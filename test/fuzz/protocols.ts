import { CONTENT_TYPES, isJson } from '../support/http-call.js';
import type { Rpc } from './contract.js';

/** A protocol of the service. */
export interface Protocol {
  readonly contentType: string;
  /** gRPC needs HTTP/2. All other protocols are called over HTTP/1.1. */
  readonly isGrpc: boolean;
  readonly isJson: boolean;
  /** Whether five bytes with flags and length precede a message. */
  readonly isEnveloped: boolean;
}

export const GRPC: Protocol = {
  contentType: 'application/grpc',
  isGrpc: true,
  isJson: false,
  isEnveloped: true,
};

export const GRPC_WEB: Protocol = {
  ...GRPC,
  contentType: 'application/grpc-web+proto',
  isGrpc: false,
};

/**
 * Returns the protocols of an RPC over HTTP/1.1: Connect and gRPC-Web, with JSON and with protobuf.
 */
export function httpProtocolsOf(rpc: Rpc): readonly Protocol[] {
  const types = rpc.kind === 'unary' ? CONTENT_TYPES.unary : CONTENT_TYPES.stream;
  return types.map((contentType) => ({
    contentType,
    isGrpc: false,
    isJson: isJson(contentType),
    isEnveloped: !/^application\/(json|proto)$/.test(contentType),
  }));
}
