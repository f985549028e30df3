import { setTimeout as sleep } from 'node:timers/promises';
import * as faults from './redis-faults.js';
import type { Scenario } from './scenario.js';

/** Redis faults during which every node keeps its connections to Redis. */
export const redisScenarios: readonly Scenario[] = [
  {
    name: 'primary-demoted',
    about: 'the replica takes over behind the same address; the old primary keeps its connections',
    withReplica: true,
    run: async (world) => {
      await faults.demote(world);
      await sleep(3000);
    },
  },
  {
    name: 'keys-evicted',
    about: 'Redis evicts keys because its memory is full, for four seconds',
    run: (world) => faults.evict(world, 4000),
  },
];
