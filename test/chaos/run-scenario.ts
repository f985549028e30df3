import { setTimeout as sleep } from 'node:timers/promises';
import { gather } from './gather.js';
import { outcomeOf, type Outcome } from './outcome.js';
import type { Scenario } from './scenario.js';
import { World } from './world.js';

/** The duration of the traffic before and after the faults. */
const BEFORE_MS = 2000;
const AFTER_MS = 3000;

export interface RunOptions {
  readonly folder: string;
  readonly seed: number;
  readonly users: number;
  /** At most 4. A scenario with one node in memory has one. */
  readonly nodeCount: number;
  readonly actionsPerSecond: number;
  /** The duration of the faults in seconds. At least one fault is injected. */
  readonly seconds: number;
  readonly say: (text: string) => void;
}

export interface Result extends Outcome {
  /** The output of the nodes. */
  readonly output: string;
}

export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Result> {
  const { folder, seed, users, nodeCount, seconds, say } = options;
  const start = Date.now();
  say('starting');
  const world = await World.create({
    graceMs: 0,
    withReplica: false,
    actionsPerSecond: options.actionsPerSecond,
    ...scenario,
    ...{ folder, seed, users, nodeCount },
  });
  try {
    while (!world.isWatched) await sleep(50);
    world.viewers?.live();
    await sleep(BEFORE_MS);
    say('something goes wrong');
    const faultsUntil = Date.now() + seconds * 1000;
    do {
      await scenario.run(world);
      await sleep(AFTER_MS);
    } while (Date.now() < faultsUntil);
    say('settling');
    const evidence = await gather(scenario, world);
    return { ...outcomeOf(evidence, start), output: world.output };
  } finally {
    await world.remove();
  }
}
