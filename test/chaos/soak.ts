// npm run soak [-- --minutes n] [--seed n] [--users n] [--actions n] [--output folder]
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { clearProgress, progress } from '../load/progress.js';
import { gather } from './gather.js';
import { outcomeOf } from './outcome.js';
import { report } from './report.js';
import { ResourceLog } from './resource-log.js';
import { scenarios } from './scenarios.js';
import { SlowReaders } from './slow-readers.js';
import { reportTrends } from './soak-report.js';
import { World } from './world.js';

/** The faults: all those that keep the measured processes alive. */
const GENTLE: readonly string[] = [
  'calm',
  'node-stopped-shortly',
  'node-stopped-long',
  'cut-off-shortly',
  'cut-off-long',
  'messages-cut',
  'connections-cut',
  'slow-network',
  'redis-emptied',
  'redis-frozen',
  'clients-cut',
  'scripts-flushed',
  'out-of-memory',
];

/** The traffic of a round, before and after its fault. */
const BEFORE_MS = 25_000;
const AFTER_MS = 5000;

/** The largest grace of these scenarios. */
const GRACE_MS = 3000;

/**
 * Limits low enough to be reached during the warm-up. Anything that still grows afterwards has no
 * limit.
 */
const BOUNDS = {
  MAX_OFFLINE_USERS: '480',
  EVENT_LOG_MAX_AGE_MS: '60000',
  LOG_LEVEL: 'info',
};

/** The share of the time in which caches fill, code is compiled and the limits are reached. */
const WARM_UP = 1 / 3;

const DIST = fileURLToPath(new URL('../../../dist', import.meta.url));

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    users: { type: 'string', default: '160' },
    actions: { type: 'string', default: '40' },
    output: { type: 'string' },
  },
});

const seed = Number(values.seed);
const again = `npm run soak -- --minutes ${values.minutes} --seed ${seed}`;
console.log(`seed ${seed}, ${values.minutes} minutes`);
process.exit((await soak(Number(values.minutes) * 60_000)) ? 0 : 1);

/** Returns whether every promise was kept in every round and no resource grew. */
async function soak(ms: number): Promise<boolean> {
  const world = await World.create({
    ...{ folder: DIST, seed, graceMs: GRACE_MS, withReplica: false, settings: BOUNDS },
    ...{ users: Number(values.users), actionsPerSecond: Number(values.actions) },
    newcomersPerSecond: 2,
  });
  const resources = new ResourceLog(world);
  const slowReaders = new SlowReaders(world.nodes, seed);
  try {
    while (!world.isWatched) await sleep(50);
    await slowReaders.begin();
    void resources.watch();
    const startedAt = Date.now();
    let areKept = true;
    while (Date.now() < startedAt + ms) areKept = (await round(world, startedAt)) && areKept;
    console.log(`${slowReaders.subscriptions} subscriptions of slow readers`);
    return reportTrends(resources.series, startedAt + ms * WARM_UP) && areKept;
  } finally {
    slowReaders.end();
    resources.end();
    if (values.output !== undefined) {
      mkdirSync(values.output, { recursive: true });
      writeFileSync(join(values.output, `soak-${seed}.log`), world.output);
      writeFileSync(join(values.output, `soak-${seed}.json`), JSON.stringify(resources.series));
    }
    await world.remove();
  }

  async function round(world: World, startedAt: number): Promise<boolean> {
    const scenario = world.random.oneOf(scenarios.filter(({ name }) => GENTLE.includes(name)));
    const begun = Date.now();
    progress(`${Math.round((begun - startedAt) / 60_000)} min, ${scenario.name}`);
    await sleep(BEFORE_MS);
    await scenario.run(world);
    await sleep(AFTER_MS);
    const outcome = outcomeOf(await gather(scenario, world), begun);
    resources.endRound();
    clearProgress();
    const isKept = report(scenario.name, again, outcome);
    await world.goOn();
    return isKept;
  }
}
