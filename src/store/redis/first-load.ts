import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '../../config/config-error.js';
import { diagnose, messageOf } from './diagnosis.js';
import type { RedisHealth } from './redis-health.js';

const CHECK_INTERVAL_MS = 200;

/**
 * The number of checks in one period. A command that times out fails only once a second, so a period must be longer.
 */
const CHECKS_PER_PERIOD = 10;

/** Runs the work and turns its failure into a `ConfigError` with a sentence for the operator. */
export async function orConfigError(work: Promise<void>, reachability: RedisHealth): Promise<void> {
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
    for (let check = 0; check < CHECKS_PER_PERIOD && !signal.aborted; check++) {
      if (reachability.isHopeless) throw configError(reachability);
      await sleep(CHECK_INTERVAL_MS);
    }
    failing = reachability.failures > seen ? failing + CHECKS_PER_PERIOD * CHECK_INTERVAL_MS : 0;
    if (failing >= failingForMs) throw configError(reachability);
  }
}

function configError({ problems }: RedisHealth): ConfigError {
  return new ConfigError([`REDIS_URL: the stored data cannot be read (${problems}).`]);
}
