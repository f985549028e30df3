import { beforeEach, describe, expect, it } from 'vitest';
import { SLEW, SystemClock } from './system-clock.js';

const BEGIN = 1_700_000_000_000;
const SECOND = 1000;
const HOUR = 3600 * SECOND;

describe('The clock of a process', () => {
  let uptime: number;
  let wall: number;
  let clock: SystemClock;
  beforeEach(() => {
    uptime = 5000.25;
    wall = BEGIN;
    clock = new SystemClock({ wall: () => wall, monotonic: () => uptime });
  });

  /** Lets time pass while the process runs and the clock is read regularly. */
  function pass(ms: number, everyMs = 100): void {
    for (let passed = 0; passed < ms; passed += everyMs) {
      uptime += everyMs;
      wall += everyMs;
      clock.check();
      clock.now();
    }
  }

  it('begins at the wall clock and continues with it', () => {
    expect(clock.now()).toBe(BEGIN);
    pass(10 * SECOND);
    expect(clock.now()).toBe(BEGIN + 10 * SECOND);
    expect(clock.wall()).toBe(BEGIN + 10 * SECOND);
  });

  it.each([-HOUR, -60 * SECOND, 60 * SECOND, HOUR])(
    'measures durations as before when the wall clock is set by %i ms',
    (step) => {
      wall += step;
      expect(clock.now()).toBe(BEGIN);
      expect(clock.wall()).toBe(BEGIN + step);
      pass(10 * SECOND);
      const measured = clock.now() - BEGIN;
      expect(measured).toBeGreaterThanOrEqual(10 * SECOND * (1 - SLEW));
      expect(measured).toBeLessThanOrEqual(10 * SECOND * (1 + SLEW));
    },
  );

  it.each([-60 * SECOND, 60 * SECOND])(
    'catches up with a wall clock that was set by %i ms, and stays with it',
    (step) => {
      wall += step;
      pass((Math.abs(step) / SLEW) * 1.1);
      expect(Math.abs(clock.now() - clock.wall())).toBeLessThanOrEqual(1);
      pass(10 * SECOND);
      expect(Math.abs(clock.now() - clock.wall())).toBeLessThanOrEqual(1);
    },
  );

  it('never goes back when the wall clock is set', () => {
    let last = clock.now();
    for (const step of [-HOUR, 5, HOUR, -3, -60 * SECOND, 2 * HOUR, -2 * HOUR]) {
      wall += step;
      for (let i = 0; i < 30; i++) {
        uptime += 77.7;
        wall += 77.7;
        expect(clock.now()).toBeGreaterThanOrEqual(last);
        last = clock.now();
      }
    }
  });

  it('does not overshoot after a pause between two readings', () => {
    wall += 2 * SECOND;
    clock.now();
    uptime += 2 * SECOND;
    wall += 2 * SECOND;
    clock.now();
    uptime += HOUR;
    wall += HOUR;
    expect(clock.now()).toBeLessThanOrEqual(clock.wall());
  });

  it('returns full milliseconds', () => {
    pass(10, 0.3);
    expect(Number.isInteger(clock.now())).toBe(true);
    expect(Number.isInteger(clock.wall())).toBe(true);
  });

  describe('with a source that all nodes share', () => {
    it('uses the shared time from its start, not that of the machine', () => {
      clock.follow(BEGIN + 60 * SECOND - uptime);
      expect(clock.now()).toBe(BEGIN + 60 * SECOND);
      wall -= HOUR;
      pass(SECOND);
      expect(clock.now()).toBe(BEGIN + 61 * SECOND);
      expect(clock.wall()).toBe(BEGIN + 61 * SECOND);
    });

    it('follows the shared time later without a jump', () => {
      clock.follow(BEGIN - uptime);
      clock.follow(BEGIN + 500 - uptime);
      expect(clock.now()).toBe(BEGIN);
      expect(clock.wall()).toBe(BEGIN + 500);
      pass(20 * SECOND);
      expect(clock.now()).toBe(clock.wall());
    });
  });

  describe('knows for how long the process did not run', () => {
    it('when it was stopped, even before its timer has run', () => {
      pass(SECOND);
      uptime += 6 * SECOND;
      wall += 6 * SECOND;
      const paused = clock.pausedMs();
      expect(paused).toBeGreaterThan(5.8 * SECOND);
      expect(paused).toBeLessThanOrEqual(6 * SECOND);
      pass(SECOND);
      expect(clock.pausedMs()).toBe(paused);
    });

    it('which it did while its timer was a little late, or the wall clock was set', () => {
      pass(SECOND, 300);
      wall += HOUR;
      pass(SECOND);
      expect(clock.pausedMs()).toBe(0);
    });
  });
});
