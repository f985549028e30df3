import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '../../config/config-error.js';
import { diagnose, messageOf } from './diagnosis.js';
import type { RedisHealth } from './redis-health.js';

const LOOK_MS = 200;

/**
 * The number of checks in one period. A command that times out fails only once a second, so a period must be longer.
 */
const LOOKS_TOGETHER = 10;

/** Runs the work and turns its failure into a `ConfigError` with a sentence for the operator. */
export async function orRefusal(work: Promise<void>, reachability: RedisHealth): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const sentence =
      diagnose(error)?.sentence ??
      `the server cannot be reached (${reachability.problems || messageOf(error)})`;
    throw new ConfigError([`REDIS_URL: ${sentence}.`]);
  }
}

/**
 * Waits for the first load while it makes progress. If it cannot succeed, or fails all the time, the start ends with an
 * error instead of hanging.
 */
export async function loaded(
  loading: Promise<unknown>,
  reachability: RedisHealth,
  failingForMs: number,
): Promise<void> {
  const end = new AbortController();
  try {
    await Promise.race([loading, hopeless(reachability, failingForMs, end.signal)]);
  } finally {
    end.abort();
  }
}

async function hopeless(
  reachability: RedisHealth,
  failingForMs: number,
  signal: AbortSignal,
): Promise<void> {
  let failing = 0;
  for (let seen = reachability.failures; !signal.aborted; seen = reachability.failures) {
    for (let look = 0; look < LOOKS_TOGETHER && !signal.aborted; look++) {
      if (reachability.isHopeless) throw refusal(reachability);
      await sleep(LOOK_MS);
    }
    failing = reachability.failures > seen ? failing + LOOKS_TOGETHER * LOOK_MS : 0;
    if (failing >= failingForMs) throw refusal(reachability);
  }
}

function refusal({ problems }: RedisHealth): ConfigError {
  return new ConfigError([`REDIS_URL: the stored data cannot be read (${problems}).`]);
}
