import { grpcChannel, type Channel } from '../support/channel.js';
import { HttpChannel } from '../support/http-channel.js';
import type { FaultyLink } from './faulty-link.js';
import type { NodeProcess } from './node-process.js';

/** A protocol and mode in which programs call the service. */
export interface Way {
  readonly name: string;
  /** The network link between such a client and a node. */
  readonly linkTo: (node: NodeProcess) => FaultyLink;
  readonly channelTo: (address: string) => Channel;
  /** Whether the client asks for heartbeats. Over HTTP the server always requires them. */
  readonly asksForHeartbeats: boolean;
}

const GRPC: Way = {
  name: 'gRPC',
  linkTo: ({ clientLink }) => clientLink,
  channelTo: (address) => grpcChannel(address),
  asksForHeartbeats: false,
};

const BEATING: Way = { ...GRPC, name: 'gRPC with heartbeats', asksForHeartbeats: true };

const CONNECT: Way = {
  name: 'Connect',
  linkTo: ({ httpLink }) => httpLink,
  channelTo: (address) => new HttpChannel(address, ['Connect with JSON']),
  asksForHeartbeats: false,
};

const GRPC_WEB: Way = {
  ...CONNECT,
  name: 'gRPC-Web',
  channelTo: (address) => new HttpChannel(address, ['gRPC-Web']),
};

/** The name of the way in which the client library calls over a protocol. */
export function throughLibrary(protocol: string): string {
  return `library over ${protocol}`;
}

/** Whether a client that calls in this way uses HTTP/1.1, as browsers do. */
export function isOverHttp(name: string): boolean {
  return [CONNECT, GRPC_WEB].some((way) => name === way.name || name === throughLibrary(way.name));
}

/** The distribution: half of the devices must send heartbeats, a quarter call as browsers do. */
const WAYS: readonly Way[] = [GRPC, GRPC, BEATING, CONNECT, GRPC, GRPC, BEATING, GRPC_WEB];

/** Returns the way of a device, by the number of the user and of the device. */
export function wayOf(user: number, device: number): Way {
  return WAYS[(user + 3 * device) % WAYS.length]!;
}
