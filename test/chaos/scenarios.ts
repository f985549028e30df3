import { setTimeout as sleep } from 'node:timers/promises';
import { accessScenarios } from './access-scenarios.js';
import * as faults from './faults.js';
import { redisScenarios } from './redis-scenarios.js';
import type { Scenario } from './scenario.js';
import { webhookScenarios } from './webhook-scenarios.js';
import { BEAT_MS, GIVEN_UP_WITHIN_MS, LEASE_MS, REAPED_WITHIN_MS } from './timings.js';

const SHORT_MS = LEASE_MS / 2;
const LONG_MS = LEASE_MS * 2;

/**
 * A late message, the check of the partition log once a second, and a margin for a busy machine.
 */
const FOUND_WITHIN_MS = 2000;

export const scenarios: readonly Scenario[] = [
  {
    name: 'calm',
    about: 'none; tokens are renewed',
    tokenSeconds: 20,
    promises: { everyEvent: true },
    run: () => sleep(4000),
  },
  {
    name: 'node-killed',
    about: 'SIGKILL of one node; most of its users reconnect at once, some do not',
    promises: { everyEvent: true, lostWithinMs: REAPED_WITHIN_MS },
    run: (world) => faults.kill(world, 1, REAPED_WITHIN_MS + 1000),
  },
  {
    name: 'node-killed-ticks',
    about: 'the same while the nodes send their batches at ticks',
    fixed: { redisMessagesPerSecond: 0 },
    promises: { everyEvent: true, lostWithinMs: REAPED_WITHIN_MS },
    run: (world) => faults.kill(world, 1, REAPED_WITHIN_MS + 1000),
  },
  {
    name: 'two-nodes-killed',
    about: 'SIGKILL of two of four nodes at once',
    promises: { everyEvent: true, lostWithinMs: REAPED_WITHIN_MS },
    run: (world) => faults.kill(world, 2, REAPED_WITHIN_MS + 1000),
  },
  {
    name: 'node-stopped-shortly',
    about: 'SIGSTOP for half a lease',
    promises: { everyEvent: true },
    run: (world) => faults.stop(world, SHORT_MS),
  },
  {
    name: 'node-stopped-long',
    about: 'SIGSTOP for two leases, then SIGCONT',
    run: (world) => faults.stop(world, LONG_MS),
  },
  {
    name: 'cut-off-shortly',
    about: 'one node and Redis cannot reach each other for half a lease',
    promises: { everyEvent: true },
    run: (world) => faults.partition(world, { ms: SHORT_MS, treatment: 'hold' }),
  },
  {
    name: 'cut-off-long',
    about: 'the same for two leases, and data in flight is lost',
    run: (world) => faults.partition(world, { ms: LONG_MS, treatment: 'drop' }),
  },
  {
    name: 'cut-off-one-way',
    about: 'requests of a node reach Redis, responses are lost: for half a lease, then for two',
    run: async (world) => {
      await faults.partition(world, {
        ms: SHORT_MS,
        treatment: 'drop',
        directions: ['fromServer'],
      });
      await sleep(2000);
      await faults.partition(world, { ms: LONG_MS, treatment: 'hold', directions: ['fromServer'] });
    },
  },
  {
    name: 'messages-cut',
    about: 'connections of pub/sub break again and again',
    promises: { everyEvent: true, withinMs: FOUND_WITHIN_MS },
    run: (world) => faults.cutConnections(world, ['messages'], 15),
  },
  {
    name: 'messages-silent',
    about: 'pub/sub delivers nothing, and no connection reports an error',
    actionsPerSecond: 12,
    promises: { everyEvent: true, withinMs: FOUND_WITHIN_MS },
    run: (world) => faults.partition(world, { ms: 9000, treatment: 'drop', kinds: ['messages'] }),
  },
  {
    name: 'connections-cut',
    about: 'all connections to Redis break again and again',
    promises: { everyEvent: true },
    run: (world) => faults.cutConnections(world, ['commands', 'messages'], 15),
  },
  {
    name: 'slow-network',
    about: 'a node has a latency of 150 ms to Redis',
    promises: { everyEvent: true },
    run: (world) => faults.delay(world, 150, 6000),
  },
  {
    name: 'redis-emptied',
    about: 'Redis is killed and restarts empty',
    run: (world) => faults.redisEmptied(world, 300),
  },
  {
    name: 'redis-emptied-late',
    about: 'the same, restarted after more than a lease',
    run: (world) => faults.redisEmptied(world, LEASE_MS + 3 * BEAT_MS),
  },
  {
    name: 'redis-from-dump',
    about: 'Redis is killed and restarts with the data of three seconds before',
    run: (world) => faults.redisFromDump(world, 3000),
  },
  {
    name: 'failover-busy',
    about: 'the replica takes over without the writes of the last 400 ms',
    withReplica: true,
    actionsPerSecond: 80,
    run: (world) => faults.failOver(world, 400),
  },
  {
    name: 'failover-idle',
    about: 'the same after a time without writes',
    withReplica: true,
    run: async (world) => {
      world.redis.loseReplication();
      await sleep(1500);
      await world.population.settle();
      await faults.failOver(world, 1500);
    },
  },
  {
    name: 'redis-frozen',
    about: 'Redis is stopped for 5 s',
    promises: { everyEvent: true },
    run: (world) => faults.freezeRedis(world, 5000),
  },
  {
    name: 'clients-cut',
    tokenSeconds: 20,
    about: 'all clients of a node lose their connections at the same moment; grace 3 s',
    graceMs: 3000,
    promises: { everyEvent: true },
    run: async (world) => {
      faults.storm(world);
      await sleep(2500);
      faults.storm(world);
      await sleep(2500);
    },
  },
  {
    name: 'scripts-flushed',
    about: 'Redis loses its scripts again and again',
    promises: { everyEvent: true },
    run: (world) => faults.flushScripts(world, 15),
  },
  {
    name: 'out-of-memory',
    about: 'Redis accepts no writes for one and a half leases',
    promises: { everyEvent: true },
    run: (world) => faults.fillMemory(world, LEASE_MS * 1.5),
  },
  {
    name: 'rolling-restart',
    tokenSeconds: 20,
    about: 'one node after the other stops by SIGTERM and starts again; grace 5 s',
    graceMs: 5000,
    promises: { everyEvent: true },
    run: (world) => faults.rollingRestart(world),
  },
  {
    name: 'paused-alone',
    about: 'SIGSTOP of a single node for longer than clients may be silent',
    isAlone: true,
    promises: { everyEvent: true },
    run: (world) => faults.stop(world, 6000),
  },
  {
    name: 'paused-in-cluster',
    about:
      'SIGSTOP for less than a lease, in which many clients are silent for longer than they may be',
    settings: { HEARTBEAT_TIMEOUT_MS: '3500' },
    promises: { everyEvent: true },
    run: (world) => faults.stop(world, LEASE_MS - BEAT_MS - 200),
  },
  {
    name: 'redis-frozen-long',
    about: 'Redis is stopped for 20 s',
    promises: { everyEvent: true },
    run: (world) => faults.freezeRedis(world, 20_000),
  },
  {
    name: 'redis-away',
    about: 'no node reaches Redis: for 5 s, then for 20 s',
    promises: { everyEvent: true },
    run: async (world) => {
      await faults.keepFromRedis(world, 5000);
      await sleep(3000);
      await faults.keepFromRedis(world, 20_000);
    },
  },
  {
    name: 'clock-steps',
    about: 'the clock of one node is set a minute back, two minutes forward, then right',
    clockOffsetsMs: [0, 0, 0, 0],
    promises: { clocksAreWrong: true, givenUpWithinMs: GIVEN_UP_WITHIN_MS },
    run: (world) => faults.stepClock(world, [-60_000, 60_000, 0], 4000),
  },
  {
    name: 'clock-steps-alone',
    about: 'the same for a single node, without the last step',
    isAlone: true,
    clockOffsetsMs: [0],
    promises: { clocksAreWrong: true, givenUpWithinMs: GIVEN_UP_WITHIN_MS },
    run: (world) => faults.stepClock(world, [-60_000, 60_000], 2000),
  },
  {
    name: 'clocks-apart',
    about: 'the clocks of two nodes are 10 s ahead of the others',
    clockOffsetsMs: [0, 10_000, 0, 10_000],
    promises: { clocksAreWrong: true, givenUpWithinMs: GIVEN_UP_WITHIN_MS },
    run: async (world) => {
      await faults.silence(world, world.nodes[0]!, 3);
      await faults.silence(world, world.nodes[1]!, 3);
    },
  },
  {
    name: 'idle-timeout-changed',
    about: 'the nodes restart one after the other with another `IDLE_TIMEOUT_MS`; grace 3 s',
    actionsPerSecond: 6,
    graceMs: 3000,
    settings: { IDLE_TIMEOUT_MS: '600000' },
    promises: { mayBeIdle: true },
    run: (world) => faults.rollingChange(world, { IDLE_TIMEOUT_MS: '2000' }, 8000),
  },
  {
    name: 'devices-cut',
    about: 'the networks of users with two devices break while tokens are renewed',
    tokenSeconds: 20,
    promises: { everyEvent: true },
    run: () => sleep(25_000),
  },
  ...redisScenarios,
  ...accessScenarios,
  ...webhookScenarios,
  {
    name: 'mixed',
    about: 'six random faults, each before the last has ended',
    run: (world) => faults.mixed(world, 6),
  },
];

/** The scenarios that find the most faults in three minutes. */
export const SHORT: readonly string[] = [
  'node-killed',
  'node-killed-ticks',
  'node-stopped-long',
  'messages-silent',
  'redis-emptied',
  'failover-busy',
  'clients-cut',
  'paused-alone',
  'clock-steps-alone',
  'access',
];
