import {
  RecordActivityRequest,
  RecordActivityResponse,
} from '../../src/api/generated/presence/v1/session_service.pb.js';
import { signToken } from '../../src/auth/sign-token.js';
import { CalledServer, type Call, type UnaryLoad } from './called-server.js';
import { crowdUserId } from './crowd-user-id.js';
import { call, SECRET } from './grpc-clients.js';
import type { GrpcServer } from './grpc-server.js';
import { median } from './median.js';

const FEW = 1000;

export interface CrowdResult {
  readonly users: number;
  readonly cpuMicrosPerCall: number;
  /** The factor by which a call costs more than among few users: from pairs of runs. */
  readonly ofFew: number;
}

/**
 * Measures a committing call, RecordActivity of any user by a backend, among few users and among
 * many.
 */
export async function measureCrowd(
  users: number,
  load: UnaryLoad,
): Promise<readonly CrowdResult[]> {
  const few = await startCrowded(FEW);
  const many = await startCrowded(users);
  try {
    await CalledServer.inTurns([few, many], load);
    const costs = [few, many].map(({ runs }) => runs.map(({ calls, cpu }) => (cpu / calls) * 1e6));
    return costs.map((micros, i) => ({
      users: [FEW, users][i]!,
      cpuMicrosPerCall: median(micros),
      ofFew: median(micros.map((cost, run) => cost / costs[0]![run]!)),
    }));
  } finally {
    for (const server of [few, many]) await server.stop();
  }
}

async function startCrowded(users: number): Promise<CalledServer> {
  const server: GrpcServer = {
    name: `${users} users`,
    script: 'build/test/load/servers/crowded.js',
    env: { USERS: String(users) },
  };
  const token = await signToken({
    key: SECRET,
    userId: 'backend',
    isAdmin: true,
    ttlSeconds: 86_400,
  });
  return CalledServer.start(server, (client, metadata, caller): Call => {
    metadata.set('authorization', `Bearer ${token}`);
    return (n) => {
      // Spreads the calls over all users, so that no user repeats soon.
      const userId = crowdUserId(((caller * 1_000_003 + n) * 7919) % users);
      return call(
        client,
        'SessionService/RecordActivity',
        RecordActivityRequest,
        RecordActivityResponse,
        { target: { $case: 'userId', value: userId } },
        metadata,
      );
    };
  });
}
