// Runs in a separate process with --expose-gc. Measures the memory and time for the state of N
// users, without connections. The arguments are N, the number of groups of each user, and whether users have `same` or
// `different` groups.
import { EventLog } from '../../src/event-log/event-log.js';
import { fragmentEncoder } from '../../src/api/event-mapper.js';
import type { Policy } from '../../src/domain/policy.js';
import { LISTED_STATUSES } from '../../src/domain/presence.js';
import { step } from '../../src/domain/step.js';
import type { Input, TokenGrants } from '../../src/domain/input.js';
import { TokenSealer } from '../../src/sealed-tokens/token-sealer.js';
import { SealingKeys } from '../../src/sealed-tokens/sealing-keys.js';
import { MemoryPresenceStore } from '../../src/store/memory/memory-presence-store.js';
import { Random } from '../chaos/random.js';
import { median } from './median.js';

export interface StateResult {
  readonly users: number;
  readonly groupsPerUser: number;
  readonly lists: Lists;
  readonly heapBytesPerUser: number;
  /** Only the lookup of a user: the part of a commit that slow memory access causes. */
  readonly lookUpMicros: number;
  readonly commitMicros: number;
  readonly idleSweepMicros: number;
  readonly firstPageMicros: number;
}

const POLICY: Policy = {
  idleTimeoutMs: 300_000,
  heartbeatTimeoutMs: 15_000,
  reconnectGraceMs: 0,
  maxSessionsPerUser: 20,
};
const PER_CHANNEL = 10;
const PER_GROUP = 1000;
const PAGE = 100;
const ROUNDS = 15;
const COMMITS_PER_ROUND = 2000;

async function measure(users: number, groupsPerUser: number, lists: Lists): Promise<StateResult> {
  const heapBefore = heapUsed();
  const store = new MemoryPresenceStore({ maxOfflineUsers: 100_000 });
  const log = new EventLog(
    { size: 100_000, maxAgeMs: 300_000 },
    fragmentEncoder,
    new TokenSealer(new SealingKeys(), 'resume'),
  );
  const now = Date.now();
  // Users connect in no particular order.
  const order = shuffled(users);
  const userId = (i: number): string => `user-${String(order[i]).padStart(8, '0')}`;
  const perform = (i: number, input: Input): Promise<unknown> =>
    store.update(userId(i), (user) => step(user, input, now, POLICY));
  for (let i = 0; i < users; i++) {
    const sessionId = `session-${i}-of-the-bench`;
    await perform(i, {
      type: 'connect',
      sessionId,
      node: 'bench',
      platform: 'desktop',
      isMicrophoneMuted: undefined,
      isSpeakerMuted: undefined,
      requireHeartbeats: false,
      tokenExpiresAt: now + 86_400_000,
      previousSessionId: undefined,
      attributes: new Map(),
      remembered: undefined,
      ...(groupsPerUser > 0 && { token: tokenIn(groupsOf[lists](i, groupsPerUser, users)) }),
    });
    const channelId = `channel-${Math.floor(i / PER_CHANNEL)}`;
    await perform(i, { type: 'joinChannel', sessionId, channelId, keepOthers: false });
  }
  const heapBytesPerUser = (heapUsed() - heapBefore) / users;
  store.partitionResets.subscribe((position) => log.begin(position));
  store.commits.subscribe(({ events, position }) => log.append(events, position));

  let looked = 0;
  const lookUp = (): Promise<unknown> => store.get({ userId: userId((looked++ * 7919) % users) });
  let turn = 0;
  const commit = (): Promise<unknown> => {
    const i = (turn++ * 7919) % users;
    return perform(i, {
      type: 'setMute',
      sessionId: `session-${i}-of-the-bench`,
      isMicrophoneMuted: turn % 2 === 0,
      isSpeakerMuted: Math.floor(turn / users) % 2 === 0,
    });
  };
  return {
    users,
    groupsPerUser,
    lists,
    heapBytesPerUser,
    lookUpMicros: await microsOf(COMMITS_PER_ROUND, lookUp),
    commitMicros: await microsOf(COMMITS_PER_ROUND, commit),
    idleSweepMicros: await microsOf(COMMITS_PER_ROUND, () => store.claimDue(now, 500)),
    firstPageMicros: await microsOf(200, async () => {
      const page = store.view.listed(LISTED_STATUSES);
      for (let i = 0; i < PAGE; i++) page.next();
    }),
  };
}

function shuffled(count: number): Uint32Array {
  const random = new Random(1);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.between(0, i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** Returns the groups of a user. Each group has 1,000 members. */
const groupsOf = {
  same: (i: number, count: number): readonly string[] => {
    const first = Math.floor(i / PER_GROUP) * count;
    return Array.from({ length: count }, (_, k) => `group-${first + k}`).sort();
  },
  different: (i: number, count: number, users: number): readonly string[] => {
    const all = Math.max(count, Math.round((users * count) / PER_GROUP));
    const random = new Random(i);
    const groups = new Set<string>();
    while (groups.size < count) groups.add(`group-${random.between(0, all - 1)}`);
    return [...groups].sort();
  },
};

type Lists = keyof typeof groupsOf;

function tokenIn(groups: readonly string[]): TokenGrants {
  return { groups, mayJoin: undefined, issuedAt: 1_764_000_000 };
}

async function microsOf(times: number, act: () => Promise<unknown>): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let i = 0; i < times; i++) await act();
    rounds.push(((performance.now() - start) * 1000) / times);
  }
  return median(rounds);
}

function heapUsed(): number {
  globalThis.gc!();
  globalThis.gc!();
  return process.memoryUsage().heapUsed;
}

const [users, groupsPerUser = 0, lists = 'same'] = process.argv.slice(2);
console.log(JSON.stringify(await measure(Number(users), Number(groupsPerUser), lists as Lists)));
