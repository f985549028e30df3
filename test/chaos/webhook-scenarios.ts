import { setTimeout as sleep } from 'node:timers/promises';
import * as faults from './faults.js';
import type { Scenario } from './scenario.js';
import { LEASE_MS, REAPED_WITHIN_MS } from './timings.js';

/** More than the time after which another node takes over the delivery of a partition. */
const TAKEN_OVER_MS = 10_000;

/** The age of events in the log where the receiver is away for longer. */
const SHORT_LOG_MS = 2000;

/** Faults while the receiver of webhooks comes and goes. */
export const webhookScenarios: readonly Scenario[] = [
  {
    name: 'receiver-away',
    about:
      'the receiver of webhooks fails, is down, and hangs, while nodes are killed, stopped and ended',
    run: async (world) => {
      const { webhooks } = world;
      webhooks.mood = 'failing';
      await sleep(1000);
      await faults.kill(world, 1, REAPED_WITHIN_MS);
      webhooks.mood = 'moody';
      await sleep(2000);
      await webhooks.goAway();
      await faults.stop(world, TAKEN_OVER_MS);
      await webhooks.comeBack();
      await sleep(1000);
      webhooks.mood = 'hanging';
      await sleep(1000);
      await faults.kill(world, 1, LEASE_MS);
      webhooks.mood = 'failing';
      await faults.restart(world, world.random.oneOf(world.nodes));
      webhooks.mood = 'moody';
    },
  },
  {
    name: 'receiver-and-redis-away',
    about:
      'the receiver fails while Redis is emptied and a node killed, and is down while the replica takes over',
    withReplica: true,
    run: async (world) => {
      const { webhooks } = world;
      webhooks.mood = 'failing';
      await sleep(1000);
      await Promise.all([faults.flushAll(world), faults.kill(world, 1, REAPED_WITHIN_MS)]);
      webhooks.mood = 'moody';
      await sleep(3000);
      await webhooks.goAway();
      await faults.failOver(world, 400);
      await sleep(1000);
      await webhooks.comeBack();
    },
  },
  {
    name: 'receiver-outlives-log',
    about: 'the receiver is down for longer than the logs reach back',
    settings: {
      EVENT_LOG_MAX_AGE_MS: String(SHORT_LOG_MS),
      STREAM_HEARTBEAT_INTERVAL_MS: String(SHORT_LOG_MS),
    },
    promises: { mayOutliveLog: true },
    run: async ({ webhooks }) => {
      await webhooks.goAway();
      await sleep(3 * SHORT_LOG_MS);
      await webhooks.comeBack();
    },
  },
];
