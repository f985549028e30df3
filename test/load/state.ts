// Runs in a separate process with --expose-gc. Measures the memory and time for the state of N
// users, without connections. The arguments are those of `PopulationSize`.
import { EventLog } from '../../src/event-log/event-log.js';
import { fragmentEncoder } from '../../src/api/event-mapper.js';
import { LISTED_STATUSES } from '../../src/domain/presence.js';
import { TokenSealer } from '../../src/sealed-tokens/token-sealer.js';
import { SealingKeys } from '../../src/sealed-tokens/sealing-keys.js';
import { MemoryPresenceStore } from '../../src/store/memory/memory-presence-store.js';
import { median } from './median.js';
import { Population, type PopulationSize } from './population.js';

export interface StateResult extends PopulationSize {
  readonly heapBytesPerUser: number;
  /** Only the lookup of a user: the part of a commit that slow memory access causes. */
  readonly lookUpMicros: number;
  readonly commitMicros: number;
  readonly idleSweepMicros: number;
  readonly firstPageMicros: number;
}

const PAGE = 100;
const ROUNDS = 15;
const COMMITS_PER_ROUND = 2000;

async function measure(size: PopulationSize): Promise<StateResult> {
  const { users } = size;
  const heapBefore = heapUsed();
  const store = new MemoryPresenceStore({ maxOfflineUsers: 100_000 });
  const log = new EventLog(
    { size: 100_000, maxAgeMs: 300_000 },
    fragmentEncoder,
    new TokenSealer(new SealingKeys(), 'resume'),
  );
  const population = new Population(store, size);
  await population.connect();
  const heapBytesPerUser = (heapUsed() - heapBefore) / users;
  store.partitionResets.subscribe((position) => log.begin(position));
  store.commits.subscribe(({ events, position }) => log.append(events, position));

  let looked = 0;
  const lookUp = (): Promise<unknown> =>
    store.get({ userId: population.userId((looked++ * 7919) % users) });
  let turn = 0;
  const commit = (): Promise<unknown> => {
    const i = (turn++ * 7919) % users;
    return population.perform(i, {
      type: 'setMute',
      sessionId: population.sessionId(i),
      isMicrophoneMuted: turn % 2 === 0,
      isSpeakerMuted: Math.floor(turn / users) % 2 === 0,
    });
  };
  return {
    ...size,
    heapBytesPerUser,
    lookUpMicros: await microsOf(COMMITS_PER_ROUND, lookUp),
    commitMicros: await microsOf(COMMITS_PER_ROUND, commit),
    idleSweepMicros: await microsOf(COMMITS_PER_ROUND, () => store.claimDue(population.now, 500)),
    firstPageMicros: await microsOf(200, async () => {
      const page = store.view.listed(LISTED_STATUSES);
      for (let i = 0; i < PAGE; i++) page.next();
    }),
  };
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

const [users, groupsPerUser = '0', groups = 'same'] = process.argv.slice(2);
const size = {
  users: Number(users),
  groupsPerUser: Number(groupsPerUser),
  groups: groups as PopulationSize['groups'],
};
console.log(JSON.stringify(await measure(size)));
