// A node of a cluster without its network. It commits as fast as the given number of callers can,
// and reports the cost.
import { setTimeout as sleep } from 'node:timers/promises';
import { FIXED_LIMITS } from '../../../src/config/fixed-limits.js';
import { redisUrl } from '../../../src/config/redis-url.js';
import { step } from '../../../src/domain/step.js';
import type { Input } from '../../../src/domain/input.js';
import { SealingKeys } from '../../../src/sealed-tokens/sealing-keys.js';
import { RedisPresenceStore } from '../../../src/store/redis/redis-presence-store.js';
import { KEY_PREFIX, type ClusterNodeOrder, type ClusterNodeResult } from '../cluster.js';
import { percentile } from '../median.js';

const POLICY = {
  idleTimeoutMs: 300_000,
  heartbeatTimeoutMs: 15_000,
  reconnectGraceMs: 0,
  maxSessionsPerUser: 20,
};

const [url, name, maxMessagesPerSecond] = process.argv.slice(2) as [string, string, string?];
const store = new RedisPresenceStore({
  address: redisUrl.read(url)!,
  timeoutMs: FIXED_LIMITS.storeTimeoutMs,
  maxMessagesPerSecond: Number(maxMessagesPerSecond ?? FIXED_LIMITS.redisMessagesPerSecond),
  keyPrefix: KEY_PREFIX,
  policy: POLICY,
  access: { visibility: 'everyone', channelAccess: 'any' },
  logSize: 100_000,
  historyMs: 300_000,
  maxLogBytes: 160_000_000,
  maxOfflineUsers: 100_000,
  sealingKeys: new SealingKeys(),
  now: () => Date.now(),
  follow: () => {},
});
await store.onModuleInit();

const userId = (i: number): string => `user-of-${name}-${String(i).padStart(6, '0')}`;
const sessionId = (i: number): string => `session-${i}-of-${name}-bench`;

function perform(i: number, input: Input): Promise<unknown> {
  return store.update(userId(i), (user) => step(user, input, Date.now(), POLICY));
}

async function connect(i: number): Promise<void> {
  const { node } = store.status;
  await perform(i, {
    ...{ type: 'connect', sessionId: sessionId(i), node, platform: 'desktop' },
    ...{ isMicrophoneMuted: undefined, isSpeakerMuted: undefined },
    ...{ requireHeartbeats: false, tokenExpiresAt: undefined },
    ...{ previousSessionId: undefined, attributes: new Map(), remembered: undefined },
  });
  await perform(i, {
    ...{ type: 'joinChannel', sessionId: sessionId(i), keepOthers: false },
    channelId: `channel-${Math.floor(i / 10)}`,
  });
}

async function atOnce(count: number, work: (caller: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, caller) => work(caller)));
}

/** Begins work at random times, independently of one another. Resolves when all of it has ended. */
async function atRandomTimes(
  perSecond: number,
  until: number,
  work: () => Promise<void>,
): Promise<void> {
  const all: Promise<void>[] = [];
  for (let due = performance.now(); due < until;) {
    await sleep(Math.max(0, due - performance.now()));
    all.push(work());
    due -= (Math.log(1 - Math.random()) * 1000) / perSecond;
  }
  await Promise.all(all);
}

async function run({
  users,
  callers,
  seconds,
  perSecond,
}: ClusterNodeOrder): Promise<ClusterNodeResult> {
  const until = performance.now() + seconds * 1000;
  const cpu = process.cpuUsage();
  const latencies: number[] = [];
  let next = 0;
  const commit = async (): Promise<void> => {
    const i = next++ % users;
    const begun = performance.now();
    await perform(i, {
      ...{ type: 'setMute', sessionId: sessionId(i), isSpeakerMuted: undefined },
      isMicrophoneMuted: Math.floor(next / users) % 2 === 0,
    });
    latencies.push(performance.now() - begun);
  };
  if (perSecond !== undefined) await atRandomTimes(perSecond, until, commit);
  else if (callers === 0) await sleep(seconds * 1000);
  else
    await atOnce(callers, async () => {
      while (performance.now() < until) await commit();
    });
  const { user, system } = process.cpuUsage(cpu);
  return {
    commits: latencies.length,
    cpuSeconds: (user + system) / 1e6,
    p50Ms: percentile(latencies, 50),
    p99Ms: percentile(latencies, 99),
    heapBytes: process.memoryUsage().heapUsed,
  };
}

process.on('message', (order: ClusterNodeOrder) => {
  void (async () => {
    if (order.seconds > 0) return process.send!(await run(order));
    await atOnce(200, async (caller) => {
      for (let i = caller; i < order.users; i += 200) await connect(i);
    });
    return process.send!('ready');
  })();
});
process.send!('started');
