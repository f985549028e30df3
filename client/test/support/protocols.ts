import type { Transport } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { httpAddress, type Ports } from '../../../test/support/service.js';

/** A protocol of the service. The guarantees of the client hold over each of them. */
export interface Protocol {
  readonly name: string;
  /** The address at which a node serves the protocol. */
  readonly addressOf: (ports: Ports) => string;
  /** The configuration that a test service needs if the protocol lacks a feature of the others. */
  readonly settings: Readonly<Record<string, string>>;
  /** Opens transports to nodes at these addresses, with a way to end their connections. */
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
 * A `fetch` that ends streams as browsers do. In Node 20 and 22 `fetch` loses the signal of a stream at a garbage
 * collection, and then the stream stays open.
 */
const abortableFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const signal = init?.signal ?? undefined;
  const body = response.body?.pipeThrough(new TransformStream(), { ...(signal && { signal }) });
  return new Response(body ?? null, response);
};

/** A protocol over `fetch`, as pages use it. `fetch` gives no access to its connections. */
function overHttp(
  name: string,
  transportTo: (options: WebTransportOptions) => Transport,
): Protocol {
  return {
    name,
    addressOf: httpAddress,
    // Over HTTP every session needs heartbeats. The client sends them by its own time, while the time of the service
    // stands still or jumps, so the timeout is a week.
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

/** Sends each call over the next transport: for a client, several nodes are one service. */
export function inTurn(transports: readonly Transport[]): Transport {
  let turn = 0;
  const next = (): Transport => transports[turn++ % transports.length]!;
  return {
    unary: (...call) => next().unary(...call),
    stream: (...call) => next().stream(...call),
  };
}
