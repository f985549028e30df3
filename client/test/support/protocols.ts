import type { Transport } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';

/** Where the nodes of a service are found. */
export interface Addresses {
  readonly grpc: readonly string[];
}

/** A way to speak to a service. What the client promises holds over each. */
export interface Protocol {
  readonly name: string;
  /** The transports to all nodes, and how to end their connections. */
  open(addresses: Addresses): Opened;
}

interface Opened {
  readonly transports: readonly Transport[];
  readonly close: () => void;
}

const grpc: Protocol = {
  name: 'gRPC',
  open: ({ grpc }) => {
    const managers = grpc.map((address) => new Http2SessionManager(`http://${address}`));
    return {
      transports: managers.map((sessionManager) =>
        createGrpcTransport({ baseUrl: sessionManager.authority, sessionManager }),
      ),
      close: () => managers.forEach((manager) => manager.abort()),
    };
  },
};

export const PROTOCOLS: readonly Protocol[] = [grpc];

/** One call after the other over the next transport: to a client, several nodes are one service. */
export function inTurn(transports: readonly Transport[]): Transport {
  let turn = 0;
  const next = (): Transport => transports[turn++ % transports.length]!;
  return {
    unary: (...call) => next().unary(...call),
    stream: (...call) => next().stream(...call),
  };
}
