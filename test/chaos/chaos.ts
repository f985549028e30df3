// npm run chaos -- [--scenario name]... [--seed n] [--seconds n] [--users n] [--actions n] [--nodes n] [--output folder] [--short]
// npm run chaos -- --mutants [--mutant name]... [--seed n]
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { clearProgress, progress } from '../load/progress.js';
import { mutants } from './mutants.js';
import { MutatedBuild } from './mutated-build.js';
import { report, reportMutant } from './report.js';
import { runScenario, type Result } from './run-scenario.js';
import type { Scenario } from './scenario.js';
import { scenarios, SHORT } from './scenarios.js';

const DIST = fileURLToPath(new URL('../../../dist', import.meta.url));

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string' },
    seconds: { type: 'string', default: '0' },
    users: { type: 'string', default: '160' },
    actions: { type: 'string', default: '40' },
    nodes: { type: 'string', default: '4' },
    output: { type: 'string' },
    short: { type: 'boolean', default: false },
    mutants: { type: 'boolean', default: false },
    mutant: { type: 'string', multiple: true, default: [] },
  },
});

// The short form is part of CI, where a failure must be caused by the tested change.
const seed = Number(values.seed ?? (values.short ? 12 : Date.now() % 100_000));
console.log(`seed ${seed}`);
process.exit((await (values.mutants ? tryMutants() : tryScenarios())) ? 0 : 1);

/** Runs the scenarios. Returns whether every promise was kept. */
async function tryScenarios(): Promise<boolean> {
  const names = values.short ? SHORT : values.scenario;
  const chosen = names.length === 0 ? scenarios : names.map(named);
  let areKept = true;
  for (const scenario of chosen) {
    const result = await run(scenario, DIST, scenario.name);
    const again = `npm run chaos -- --scenario ${scenario.name} --seed ${seed}`;
    areKept = report(scenario.name, again, result) && areKept;
  }
  return areKept;
}

/**
 * Runs the mutants. Returns whether every mutant was caught: a check that cannot find a known fault
 * proves nothing.
 */
async function tryMutants(): Promise<boolean> {
  const { mutant: names } = values;
  const chosen = mutants.filter(({ name }) => names.length === 0 || names.includes(name));
  let areCaught = chosen.length > 0;
  for (const mutant of chosen) {
    const build = await MutatedBuild.make(DIST, mutant);
    try {
      const result = await run(named(mutant.scenario), build.folder, mutant.name);
      areCaught = reportMutant(mutant, result) && areCaught;
    } finally {
      await build.remove();
    }
  }
  return areCaught;
}

async function run(scenario: Scenario, folder: string, title: string): Promise<Result> {
  const result = await runScenario(scenario, {
    folder,
    seed,
    users: Number(values.users),
    nodeCount: Number(values.nodes),
    actionsPerSecond: Number(values.actions),
    seconds: Number(values.seconds),
    say: (text) => progress(`${title}: ${text}`),
  });
  clearProgress();
  if (values.output !== undefined) {
    mkdirSync(values.output, { recursive: true });
    writeFileSync(join(values.output, `${title.replaceAll(' ', '-')}-${seed}.log`), result.output);
  }
  return result;
}

function named(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  const all = scenarios.map((scenario) => scenario.name).join(', ');
  console.error(`There is no scenario ${name}: choose of ${all}.`);
  process.exit(2);
}
