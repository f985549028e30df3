import { queryObjects, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The bytes that are in use once there is no garbage. */
export function heapAfterCollection(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** How many objects of a class are alive, and of those that extend it. Collects garbage first, and takes its time. */
export function countAlive(type: abstract new (...args: never[]) => unknown): number {
  return queryObjects(type, { format: 'count' });
}
