// Preloaded into a server. At each SIGUSR2 it prints the used heap size after a garbage collection.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// Code that V8 compiles, and its metadata, stay in the heap and grow for minutes. With these flags,
// only the memory of the program remains.
const AS_IT_IS_WRITTEN = [
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
  '--no-lazy-feedback-allocation',
];
// For tests in which the server must run at full speed and a few megabytes are not relevant.
const flags = process.env.HEAP_PROBE_OPTIMISES === undefined ? AS_IT_IS_WRITTEN : [];
for (const flag of ['--expose-gc', ...flags]) setFlagsFromString(flag);
const collectGarbage = runInNewContext('gc');
let times = 0;
process.on('SIGUSR2', () => {
  collectGarbage();
  console.log(`heap ${++times}: ${process.memoryUsage().heapUsed}`);
});
