import { queryObjects, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Returns the used heap size in bytes after a garbage collection. */
export function heapAfterCollection(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/**
 * Returns the number of live objects of a class and its subclasses. Collects garbage first, and is
 * slow.
 */
export function countAlive(type: abstract new (...args: never[]) => unknown): number {
  return queryObjects(type, { format: 'count' });
}
