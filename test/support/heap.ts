import { queryObjects } from 'node:v8';

/** How many objects of a class are alive, and of those that extend it. Collects garbage first. */
export function countAlive(type: abstract new (...args: never[]) => unknown): number {
  return queryObjects(type, { format: 'count' });
}

/** The bytes that are in use once there is no garbage. */
export function heapAfterCollection(): number {
  // Counting is what Node has to offer that collects garbage and needs no flag.
  countAlive(EventTarget);
  return process.memoryUsage().heapUsed;
}
