import { setTimeout as sleep } from 'node:timers/promises';
import * as faults from './faults.js';
import type { Scenario } from './scenario.js';
import { REAPED_WITHIN_MS } from './timings.js';
import type { World } from './world.js';

/** Faults while users hide, tokens are revoked, groups change, and viewers see only what their tokens grant. */
export const accessScenarios: readonly Scenario[] = [
  {
    name: 'access',
    about:
      'users have groups and see each other only with a common group or channel; a node is killed, then Redis is emptied',
    withAccess: true,
    run: async (world) => {
      await faults.kill(world, 1, 1500);
      await sleep(REAPED_WITHIN_MS);
      world.viewers!.cutAll();
      await faults.flushAll(world);
      await sleep(1500);
      world.viewers!.cutAll();
      await sleep(500);
    },
  },
  {
    name: 'access-at-once',
    about: 'the same with both in the same moment, three times',
    withAccess: true,
    run: async (world) => {
      for (let i = 0; i < 3; i++) await atOnce(world);
    },
  },
];

async function atOnce(world: World): Promise<void> {
  await Promise.all([faults.flushAll(world), faults.kill(world, 1, 1000)]);
  world.viewers!.cutAll();
  await sleep(REAPED_WITHIN_MS + 1000);
}
