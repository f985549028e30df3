import type { Client, Metadata } from '@grpc/grpc-js';
import {
  JoinChannelRequest,
  JoinChannelResponse,
} from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { CalledServer, type Call, type UnaryLoad } from './called-server.js';
import { call, connect } from './grpc-clients.js';
import { BARE_GRPC, PRESENCE_SERVICE } from './grpc-server.js';
import { median } from './median.js';

export interface UnaryResult {
  readonly name: string;
  readonly callsPerCpuSecond: number;
  readonly cpuMicrosPerCall: number;
  readonly callsPerSecond: number;
  /**
   * The number of bare-handler calls that take the same processor time as one call: from pairs of
   * runs.
   */
  readonly ofBareHandler: number;
}

/**
 * Measures JoinChannel, where every call moves to another channel, against a grpc-js handler that
 * does nothing.
 */
export async function measureUnary(load: UnaryLoad): Promise<readonly UnaryResult[]> {
  const bare = await CalledServer.start(BARE_GRPC, (client, metadata) =>
    // The bare server has no sessions.
    joining(client, metadata, 'session-of-the-bench'),
  );
  const service = await CalledServer.start(PRESENCE_SERVICE, async (client, metadata) =>
    joining(client, metadata, await connect(client, metadata)),
  );
  const servers = [bare, service];
  try {
    await CalledServer.inTurns(servers, load);
    return servers.map((server) => resultBeside(bare, server));
  } finally {
    for (const server of servers) await server.stop();
  }
}

function joining(client: Client, metadata: Metadata, sessionId: string): Call {
  return (n) =>
    call(
      client,
      'PresenceService/JoinChannel',
      JoinChannelRequest,
      JoinChannelResponse,
      { sessionId, channelId: `channel-${n % 10}`, keepOthers: false },
      metadata,
    );
}

function resultBeside(bare: CalledServer, { name, runs }: CalledServer): UnaryResult {
  const rates = runs.map(({ calls, cpu }) => calls / cpu);
  return {
    name,
    callsPerCpuSecond: median(rates),
    cpuMicrosPerCall: median(rates.map((rate) => 1e6 / rate)),
    callsPerSecond: median(runs.map(({ calls, wall }) => calls / wall)),
    ofBareHandler: median(rates.map((rate, i) => (rate * bare.runs[i]!.cpu) / bare.runs[i]!.calls)),
  };
}
