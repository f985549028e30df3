import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeProcess } from './node-process.js';
import type { Direction, Kind, Treatment } from './faulty-link.js';
import type { Person } from './person.js';
import { PlainDevice } from './plain-device.js';
import { GIVEN_UP_WITHIN_MS, LEASE_MS } from './timings.js';
import type { World } from './world.js';

// The faults that can be injected into a cluster. Each function resolves when the fault is over;
// its effects may continue.

/** Selects some nodes at random. */
export function some({ random, nodes }: World, count: number): readonly NodeProcess[] {
  const rest = [...nodes];
  return Array.from(
    { length: count },
    () => rest.splice(random.between(0, rest.length - 1), 1)[0]!,
  );
}

export async function kill(world: World, count: number, awayMs: number): Promise<void> {
  const victims = some(world, count);
  // Some users fail together with the node, as if their devices were in the same building.
  for (const { devices } of world.population.people.filter((_, i) => i % 5 === 0)) {
    for (const device of devices) device.absenceMs = 9000;
  }
  const fault = world.history.begin('killed', world.namesOf(victims));
  await Promise.all(victims.map((node) => node.ended('SIGKILL')));
  await sleep(awayMs);
  await Promise.all(victims.map((node) => node.start()));
  fault.until = Date.now();
}

export async function stop(world: World, ms: number): Promise<void> {
  const [victim] = some(world, 1);
  // A single node has no other nodes that could declare it dead.
  const fault = world.history.begin(world.isAlone ? 'paused' : 'stopped', [victim!.name]);
  victim!.signal('SIGSTOP');
  await sleep(ms);
  victim!.signal('SIGCONT');
  fault.until = Date.now();
}

export interface Partition {
  readonly ms: number;
  readonly treatment: Treatment;
  readonly kinds?: readonly Kind[];
  readonly directions?: readonly Direction[];
}

export async function partition(
  world: World,
  { ms, treatment, kinds, directions }: Partition,
): Promise<void> {
  const [victim] = some(world, 1);
  // A node that misses only pub/sub messages still reads the partition log.
  const isCutOff = kinds === undefined || kinds.includes('commands');
  const fault = isCutOff ? world.history.begin('cut off', [victim!.name]) : undefined;
  victim!.redisLink.treat(treatment, kinds, directions);
  await sleep(ms);
  victim!.redisLink.heal();
  if (fault) fault.until = Date.now();
}

/** Repeatedly breaks the connections to Redis, and accepts new ones at once. */
export async function cutConnections(
  world: World,
  kinds: readonly Kind[],
  times: number,
): Promise<void> {
  for (let i = 0; i < times; i++) {
    for (const { redisLink } of some(world, 2)) redisLink.cut(kinds);
    await sleep(300);
  }
}

export async function delay(world: World, delayMs: number, ms: number): Promise<void> {
  const [victim] = some(world, 1);
  victim!.redisLink.delayMs = delayMs;
  await sleep(ms);
  victim!.redisLink.heal();
}

/** Breaks the connections of all clients of a node at the same time. */
export function storm(world: World): void {
  const [victim] = some(world, 1);
  const fault = world.history.begin('clients cut', [victim!.name]);
  victim!.cutClients();
  fault.until = Date.now();
}

export async function redisEmptied(world: World, awayMs: number): Promise<void> {
  const fault = world.history.begin('Redis lost', []);
  await world.redis.server.kill();
  await sleep(awayMs);
  await world.redis.server.restart();
  fault.until = Date.now();
}

/** Deletes everything in Redis, which keeps running. */
export async function flushAll(world: World): Promise<void> {
  const fault = world.history.begin('Redis lost', []);
  await world.redis.with((redis) => redis.flushall());
  fault.until = Date.now();
}

/** Restarts Redis with an old dump. */
export async function redisFromDump(world: World, ageMs: number): Promise<void> {
  await world.redis.with((redis) => redis.save());
  await sleep(ageMs);
  await redisEmptied(world, 500);
}

/** Promotes the replica, which lacks the last writes of the master. */
export async function failOver(world: World, lostMs: number): Promise<void> {
  const fault = world.history.begin('Redis lost', []);
  world.redis.loseReplication();
  await sleep(lostMs);
  world.redirect(await world.redis.failOver());
  fault.until = Date.now();
}

export async function freezeRedis(world: World, ms: number): Promise<void> {
  const fault = world.history.begin('Redis away', []);
  world.redis.server.signal('SIGSTOP');
  await sleep(ms);
  world.redis.server.signal('SIGCONT');
  fault.until = Date.now();
}

export async function flushScripts(world: World, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await world.redis.with((redis) => redis.script('FLUSH'));
    await sleep(300);
  }
}

/** Makes Redis reject writes because its memory is full. */
export async function fillMemory(world: World, ms: number): Promise<void> {
  const fault = world.history.begin('Redis away', []);
  await world.redis.with((redis) => redis.config('SET', 'maxmemory', '1mb'));
  await sleep(ms);
  await world.redis.with((redis) => redis.config('SET', 'maxmemory', '0'));
  fault.until = Date.now();
}

/** Disconnects all nodes from Redis, which keeps its data. */
export async function keepFromRedis(world: World, ms: number): Promise<void> {
  const fault = world.history.begin('Redis away', []);
  for (const { redisLink } of world.nodes) redisLink.refuse();
  await sleep(ms);
  for (const { redisLink } of world.nodes) redisLink.heal();
  fault.until = Date.now();
}

/**
 * Sets the clock of one node to several offsets, each for some time. During that time some clients
 * of the node send no heartbeats, while all other clients do.
 */
export async function stepClock(
  world: World,
  offsetsMs: readonly number[],
  ms: number,
): Promise<void> {
  const [victim] = some(world, 1);
  for (const offsetMs of offsetsMs) {
    victim!.setClock(offsetMs);
    await Promise.all([silence(world, victim!, 3), sleep(ms)]);
  }
  victim!.setClock(0);
}

/**
 * Stops the heartbeats of some clients of a node. Resolves when the service has ended their
 * sessions, or shortly after it should have.
 */
export async function silence(world: World, node: NodeProcess, count: number): Promise<void> {
  const idle = world.population.people.filter(({ isBusy }) => !isBusy);
  const silent = idle
    .flatMap((person) => person.devices.map((device) => ({ person, device })))
    .filter(
      (one): one is { person: Person; device: PlainDevice } =>
        one.device instanceof PlainDevice &&
        one.device.span?.node === node.name &&
        one.device.mustBeat,
    )
    .slice(0, count);
  await Promise.all(
    // The user must give no command, because a command also proves that the client is alive.
    silent.map(({ person, device }) =>
      person.whileBusy(() => device.fallSilent(GIVEN_UP_WITHIN_MS + 2000)),
    ),
  );
}

/** Restarts half of the nodes with other settings, and later the other half. */
export async function rollingChange(
  world: World,
  settings: Readonly<Record<string, string>>,
  mixedMs: number,
): Promise<void> {
  const half = world.nodes.length / 2;
  for (const nodes of [world.nodes.slice(0, half), world.nodes.slice(half)]) {
    for (const node of nodes) {
      const fault = world.history.begin('told to end', [node.name]);
      await node.ended('SIGTERM');
      node.change(settings);
      await node.start();
      fault.until = Date.now();
    }
    await sleep(mixedMs);
  }
}

/** Stops one node after the other gracefully, and restarts it. */
export async function rollingRestart(world: World): Promise<void> {
  for (const node of world.nodes) {
    await restart(world, node);
    await sleep(500);
  }
}

/** Stops a node gracefully, and restarts it. */
export async function restart(world: World, node: NodeProcess): Promise<void> {
  const fault = world.history.begin('told to end', [node.name]);
  await node.ended('SIGTERM');
  await node.start();
  fault.until = Date.now();
}

/**
 * Injects random faults one after the other. The effects of a fault may not be over when the next
 * one begins.
 */
export async function mixed(world: World, count: number): Promise<void> {
  const all: readonly (() => Promise<void>)[] = [
    () => kill(world, 1, 500),
    () => stop(world, LEASE_MS / 2),
    () => stop(world, LEASE_MS * 1.5),
    () => partition(world, { ms: LEASE_MS / 2, treatment: 'hold' }),
    () => partition(world, { ms: LEASE_MS * 1.5, treatment: 'drop' }),
    () => partition(world, { ms: 2000, treatment: 'drop', kinds: ['messages'] }),
    () => cutConnections(world, ['commands', 'messages'], 4),
    () => Promise.resolve(storm(world)),
    () => redisEmptied(world, 300),
    () => redisFromDump(world, 1000),
    () => freezeRedis(world, LEASE_MS * 1.5),
    () => flushScripts(world, 2),
    () => fillMemory(world, 2000),
  ];
  for (let i = 0; i < count; i++) {
    await world.random.oneOf(all)();
    await sleep(world.random.between(100, 1500));
  }
}
