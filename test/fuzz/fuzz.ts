// npm run fuzz -- [--requests n] [--seed n]
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { clearProgress, progress } from '../load/progress.js';
import { fuzz } from './run.js';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '200000' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
  },
});

const seed = Number(values.seed);
const requests = Number(values.requests);
console.log(`seed ${seed}`);
try {
  const onProgress = (done: number): void => {
    if (done % 1000 === 0) progress(`${done} of ${requests} requests`);
  };
  const answers = await fuzz({ seed, requests, onProgress });
  clearProgress();
  for (const [answer, count] of [...answers].sort()) console.log(`${answer}: ${count}`);
  console.log(`${requests} requests, and nothing to complain about`);
  process.exit(0);
} catch (error) {
  clearProgress();
  console.error(error);
  process.exit(1);
}
