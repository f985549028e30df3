import { grpcChannel, type Channel } from '../support/channel.js';
import { HttpChannel } from '../support/http-channel.js';
import type { FaultyLink } from './faulty-link.js';
import type { NodeProcess } from './node-process.js';

/** A way in which programs call the service. */
export interface Way {
  readonly name: string;
  /** The network between such a client and a node. */
  readonly linkTo: (node: NodeProcess) => FaultyLink;
  readonly channelTo: (address: string) => Channel;
  /** Whether the client asks for heartbeats. Over HTTP the server always does. */
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

/** The share of each way: half of the devices have to send heartbeats, a quarter calls as browsers do. */
const WAYS: readonly Way[] = [GRPC, GRPC, BEATING, CONNECT, GRPC, GRPC, BEATING, GRPC_WEB];

/** The way of the n-th user's n-th device. */
export function wayOf(user: number, device: number): Way {
  return WAYS[(user + 3 * device) % WAYS.length]!;
}
