// Loaded into a server before anything else: at each SIGUSR2 it says how much memory is in use without garbage.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');
let times = 0;
process.on('SIGUSR2', () => {
  collectGarbage();
  console.log(`heap ${++times}: ${process.memoryUsage().heapUsed}`);
});
