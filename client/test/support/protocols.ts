import type { Transport } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { httpAddress, type Ports } from '../../../test/support/service.js';

/** A way to speak to a service. What the client promises holds over each. */
export interface Protocol {
  readonly name: string;
  /** Where a node speaks it. */
  readonly addressOf: (ports: Ports) => string;
  /** What a service of a test has to be told where the protocol cannot do what the others can. */
  readonly settings: Readonly<Record<string, string>>;
  /** The transports to nodes at these addresses, and how to end their connections. */
  open(addresses: readonly string[]): Opened;
}

interface Opened {
  readonly transports: readonly Transport[];
  readonly close: () => void;
}

const grpc: Protocol = {
  name: 'gRPC',
  addressOf: ({ grpcAddress }) => grpcAddress,
  settings: {},
  open: (addresses) => {
    const managers = addresses.map((address) => new Http2SessionManager(`http://${address}`));
    return {
      transports: managers.map((sessionManager) =>
        createGrpcTransport({ baseUrl: sessionManager.authority, sessionManager }),
      ),
      close: () => managers.forEach((manager) => manager.abort()),
    };
  },
};

interface WebTransportOptions {
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
}

/**
 * As browsers do it. The `fetch` of Node 20 and 22 forgets the signal of a stream that it was given when garbage is
 * collected, and then the stream stays open.
 */
const abortableFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const signal = init?.signal ?? undefined;
  const body = response.body?.pipeThrough(new TransformStream(), { ...(signal && { signal }) });
  return new Response(body ?? null, response);
};

/** What pages call with: `fetch`, which keeps its connections to itself. */
function overHttp(
  name: string,
  transportTo: (options: WebTransportOptions) => Transport,
): Protocol {
  return {
    name,
    addressOf: httpAddress,
    // Over HTTP every session needs heartbeats. They keep to the time of the client, and that of the service stands or leaps.
    settings: { HEARTBEAT_TIMEOUT_MS: '604800000' },
    open: (addresses) => ({
      transports: addresses.map((address) =>
        transportTo({ baseUrl: `http://${address}`, fetch: abortableFetch }),
      ),
      close: () => {},
    }),
  };
}

export const PROTOCOLS: readonly Protocol[] = [
  grpc,
  overHttp('Connect', createConnectTransport),
  overHttp('gRPC-Web', createGrpcWebTransport),
];

/** One call after the other over the next transport: to a client, several nodes are one service. */
export function inTurn(transports: readonly Transport[]): Transport {
  let turn = 0;
  const next = (): Transport => transports[turn++ % transports.length]!;
  return {
    unary: (...call) => next().unary(...call),
    stream: (...call) => next().stream(...call),
  };
}
