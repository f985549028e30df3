import { beforeEach, describe, expect, it } from 'vitest';
import type { RedisClient } from './redis-client.js';
import { RedisTime } from './redis-time.js';

const BEGIN = 1_700_000_000_000;

describe('The time of Redis', () => {
  let uptime: number;
  let redisAhead: number;
  let machineAhead: number;
  /** Milliseconds that the request and the reply take on the network. */
  let delays: readonly [number, number];
  let followed: number[];
  let warnings: string[];
  let time: RedisTime;
  beforeEach(() => {
    uptime = 1000;
    machineAhead = redisAhead = BEGIN;
    delays = [1, 1];
    [followed, warnings] = [[], []];
    const port = {
      run: async () => {
        uptime += delays[0];
        const micros = Math.round((uptime + redisAhead) * 1000);
        uptime += delays[1];
        return [String(Math.floor(micros / 1e6)), String(micros % 1e6)];
      },
    } as unknown as RedisClient;
    time = new RedisTime({
      ...{ port, key: 'key', uptime: () => uptime, machine: () => uptime + machineAhead },
      follow: (aheadMs) => followed.push(aheadMs),
      logger: { warn: (line: string) => warnings.push(line) },
    });
  });

  it('is followed, with half of the time that the answer took for the way back', async () => {
    await time.measure();
    expect(followed[0]).toBeCloseTo(BEGIN, 0);
    expect(time.skewMs).toBeCloseTo(0, 0);
    expect(warnings).toEqual([]);
  });

  it('is that of the fastest answer, so that a slow one moves nothing', async () => {
    await time.measure();
    delays = [800, 2];
    await time.measure();
    expect(followed[1]).toBeCloseTo(BEGIN, 0);
  });

  it('is taken anew when its clock was set, or another server took over', async () => {
    await time.measure();
    redisAhead += 3000;
    delays = [10, 10];
    await time.measure();
    expect(followed[1]).toBeCloseTo(BEGIN + 3000, 0);
  });

  it('is warned of once while the clock of the machine differs by more than a second', async () => {
    machineAhead += 900;
    await time.measure();
    expect(warnings).toEqual([]);
    machineAhead += 200;
    await time.measure();
    await time.measure();
    expect(warnings).toEqual([
      'The clock of this machine is 1.1 s ahead of that of Redis; synchronize both clocks',
    ]);
    machineAhead -= 3000;
    await time.measure();
    expect(time.skewMs).toBeCloseTo(-1900, 0);
    machineAhead = redisAhead;
    await time.measure();
    machineAhead -= 2000;
    await time.measure();
    expect(warnings[1]).toContain('2.0 s behind that of Redis');
  });
});
