import { setTimeout as sleep } from 'node:timers/promises';
import { allChecks } from './checks/all-checks.js';
import { differencesOf } from './checks/convergence.js';
import type { Answers, Evidence, Stored } from './evidence.js';
import type { Scenario } from './scenario.js';
import { World } from './world.js';

/** Traffic before and after the faults. */
const BEFORE_MS = 2000;
const AFTER_MS = 3000;

/** For how long it is looked for agreement. The check itself has a tighter bound. */
const GIVE_UP_MS = 25_000;

/** What was right has to stay right. */
const STAYS_MS = 2500;

export interface RunOptions {
  readonly folder: string;
  readonly seed: number;
  readonly users: number;
  readonly actionsPerSecond: number;
  /** How long faults go on; at least once. */
  readonly seconds: number;
  readonly say: (text: string) => void;
}

export interface Result {
  readonly complaints: ReadonlyMap<string, readonly string[]>;
  readonly seconds: number;
  readonly events: number;
  readonly commands: number;
  readonly agreedAfterMs: number | undefined;
  /** What the nodes wrote. */
  readonly output: string;
}

export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Result> {
  const { folder, seed, users, seconds, say } = options;
  const start = Date.now();
  say('starting');
  const world = await World.create({
    ...{ folder, seed, users },
    actionsPerSecond: scenario.actionsPerSecond ?? options.actionsPerSecond,
    graceMs: scenario.graceMs ?? 0,
    withReplica: scenario.withReplica ?? false,
  });
  try {
    while (!world.isWatched) await sleep(50);
    await sleep(BEFORE_MS);
    say('something goes wrong');
    const faultsUntil = Date.now() + seconds * 1000;
    do {
      await scenario.run(world);
      await sleep(AFTER_MS);
    } while (Date.now() < faultsUntil);
    say('settling');
    const evidence = await gather(scenario, world);
    const complaints = new Map(
      allChecks.map((check) => [check.name, check.complaints(evidence)] as const),
    );
    return {
      complaints,
      seconds: (Date.now() - start) / 1000,
      events: world.history.stretches.reduce((sum, { deliveries }) => sum + deliveries.length, 0),
      commands: world.history.commands,
      agreedAfterMs: evidence.agreedAfterMs,
      output: world.nodes.map(({ name, output }) => `--- ${name}\n${output}`).join('\n'),
    };
  } finally {
    await world.remove();
  }
}

/** Lets it become quiet, waits for agreement, and looks again a little later. */
async function gather(scenario: Scenario, world: World): Promise<Evidence> {
  const { history } = world;
  const unserved = (await world.population.settle()).map(({ userId }) => userId);
  const quietAt = Date.now();
  let agreedAfterMs: number | undefined;
  while (agreedAfterMs === undefined && Date.now() < quietAt + GIVE_UP_MS) {
    const seen = await look(world).catch(() => undefined);
    if (seen !== undefined && isRight(seen, world)) agreedAfterMs = Date.now() - quietAt;
    else await sleep(200);
  }
  await sleep(STAYS_MS);
  return {
    history,
    agreedAfterMs,
    graceMs: scenario.graceMs ?? 0,
    expected: world.expected(),
    openSessionIds: world.openSessionIds(),
    promises: scenario.promises ?? {},
    unserved,
    ...(await look(world)),
  };
}

async function look(
  world: World,
): Promise<{ readonly answers: readonly Answers[]; readonly stored: Stored }> {
  return { answers: await world.answers(), stored: await world.stored() };
}

function isRight(
  { answers, stored }: { readonly answers: readonly Answers[]; readonly stored: Stored },
  world: World,
): boolean {
  const open = world.openSessionIds();
  const areSame =
    open.size === stored.sessionIds.size && [...open].every((id) => stored.sessionIds.has(id));
  return areSame && differencesOf({ answers, expected: world.expected() }).length === 0;
}
