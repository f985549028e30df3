// Loaded into a server before anything else: at each SIGUSR2 it says how much memory is in use without garbage.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// What V8 compiles, and notes of it, stays in the heap and grows for minutes: without, what is left is the program's.
const AS_IT_IS_WRITTEN = [
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
  '--no-lazy-feedback-allocation',
];
// Where the server has to be as fast as it is, and a few megabytes do not matter.
const flags = process.env.HEAP_PROBE_OPTIMISES === undefined ? AS_IT_IS_WRITTEN : [];
for (const flag of ['--expose-gc', ...flags]) setFlagsFromString(flag);
const collectGarbage = runInNewContext('gc');
let times = 0;
process.on('SIGUSR2', () => {
  collectGarbage();
  console.log(`heap ${++times}: ${process.memoryUsage().heapUsed}`);
});
