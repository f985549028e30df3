import { setTimeout as sleep } from 'node:timers/promises';
import { startGrpcServer, type GrpcServer } from './grpc-server.js';
import { median } from './median.js';
import { openSessions } from './sessions.js';

const FRIENDS = 10;
/** Memory that the first connections allocate does not grow with further connections. */
const FIRST = 500;
/**
 * After this time, every connection was pinged and the garbage collector has run, as in an idle
 * server.
 */
const SETTLE_MS = 7000;

export interface MemoryResult {
  readonly name: string;
  readonly connections: number;
  readonly rssKilobytesPerConnection: number;
  readonly rssMegabytes: number;
}

/**
 * Measures the resident memory of an idle session with its subscription, on a separate connection.
 */
export async function measureMemory(
  target: GrpcServer,
  connections: number,
  runs: number,
): Promise<MemoryResult> {
  const results: MemoryResult[] = [];
  for (let run = 0; run < runs; run++) results.push(await measureOnce(target, connections));
  const rss = median(results.map((result) => result.rssKilobytesPerConnection));
  return results.find((result) => result.rssKilobytesPerConnection === rss)!;
}

async function measureOnce(target: GrpcServer, connections: number): Promise<MemoryResult> {
  const server = await startGrpcServer(target);
  try {
    const first = await openSessions(server.port, FIRST, FRIENDS);
    await sleep(SETTLE_MS);
    const before = server.usage().rssBytes;
    const rest = await openSessions(server.port, connections + FIRST, FRIENDS, FIRST);
    await sleep(SETTLE_MS);
    const { rssBytes } = server.usage();
    for (const connection of [...first, ...rest]) connection.destroy();
    return {
      name: target.name,
      connections,
      rssKilobytesPerConnection: (rssBytes - before) / 1024 / connections,
      rssMegabytes: rssBytes / 2 ** 20,
    };
  } finally {
    await server.stop();
  }
}
