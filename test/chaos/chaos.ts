// npm run chaos -- [--scenario name]... [--seed n] [--seeds n] [--seconds n] [--users n] [--short] [--mutants]
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { clearProgress, progress } from '../load/progress.js';
import { report } from './report.js';
import { runScenario } from './run-scenario.js';
import { SHORT, scenarios } from './scenarios.js';

const DIST = fileURLToPath(new URL('../../../dist', import.meta.url));

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    seconds: { type: 'string', default: '0' },
    users: { type: 'string', default: '160' },
    actions: { type: 'string', default: '40' },
    short: { type: 'boolean', default: false },
    output: { type: 'string' },
  },
});

const wanted = values.short ? SHORT : values.scenario;
for (const name of wanted) {
  if (scenarios.some((scenario) => scenario.name === name)) continue;
  console.error(
    `There is no scenario ${name}: choose of ${scenarios.map((one) => one.name).join(', ')}.`,
  );
  process.exit(2);
}

const seed = Number(values.seed);
console.log(`seed ${seed}`);
let failures = 0;
for (const scenario of scenarios) {
  if (wanted.length > 0 && !wanted.includes(scenario.name)) continue;
  const result = await runScenario(scenario, {
    folder: DIST,
    seed,
    users: Number(values.users),
    actionsPerSecond: Number(values.actions),
    seconds: Number(values.seconds),
    say: (text) => progress(`${scenario.name}: ${text}`),
  });
  clearProgress();
  if (!report(scenario.name, seed, result)) failures++;
  if (values.output !== undefined) {
    writeFileSync(`${values.output}/${scenario.name}-${seed}.log`, result.output);
  }
}
process.exit(failures === 0 ? 0 : 1);
