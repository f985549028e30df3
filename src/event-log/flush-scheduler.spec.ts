import { beforeEach, describe, expect, it, vi } from 'vitest';
import { useFakeTimers } from '../../test/support/fake-timers.js';
import { FlushScheduler } from './flush-scheduler.js';

describe('Flushes', () => {
  /** The duration of one slice of a flush, in milliseconds of the fake clock. */
  let cost: number;
  let turnsOfRound: number;
  let turns: number[];
  let rounds: FlushScheduler;

  useFakeTimers();
  beforeEach(() => {
    cost = 0;
    turnsOfRound = 1;
    turns = [];
    rounds = new FlushScheduler(function* () {
      for (let turn = 1; ; turn++) {
        turns.push(performance.now());
        if (cost > 0) vi.advanceTimersByTime(cost);
        if (turn === turnsOfRound) return;
        yield;
      }
    });
  });

  it('begin at once after a quiet period, but not within the request', () => {
    rounds.schedule();
    expect(turns).toEqual([]);
    vi.advanceTimersByTime(0);
    expect(turns).toEqual([0]);
  });

  it('are one for all requests before it', () => {
    for (let i = 0; i < 5; i++) rounds.schedule();
    vi.advanceTimersByTime(100);
    expect(turns).toHaveLength(1);
  });

  it('are repeated for a request after one', () => {
    rounds.schedule();
    vi.advanceTimersByTime(10);
    rounds.schedule();
    vi.advanceTimersByTime(10);
    expect(turns).toHaveLength(2);
  });

  it('are repeated for a request during one', () => {
    turnsOfRound = 2;
    rounds.schedule();
    vi.advanceTimersToNextTimer();
    expect(turns).toHaveLength(1);
    rounds.schedule();
    vi.advanceTimersByTime(10);
    expect(turns).toHaveLength(4);
  });

  it.each([
    [1, 2],
    [5, 5],
    [12, 12],
    [100, 12],
  ])('that take %i ms rest for %i ms', (taken, rest) => {
    cost = taken;
    rounds.schedule();
    vi.advanceTimersByTime(0);
    rounds.schedule();
    vi.advanceTimersByTime(rest - 1);
    expect(turns).toEqual([0]);
    vi.advanceTimersByTime(1);
    expect(turns).toEqual([0, taken + rest]);
  });

  it('have no cooldown after a longer quiet period', () => {
    cost = 30;
    rounds.schedule();
    vi.advanceTimersByTime(500);
    const now = performance.now();
    rounds.schedule();
    vi.advanceTimersByTime(0);
    expect(turns).toEqual([0, now]);
  });

  it('let other work run between their slices', () => {
    turnsOfRound = 3;
    const others = vi.fn();
    rounds.schedule();
    for (let turn = 1; turn <= 3; turn++) {
      setImmediate(others);
      vi.advanceTimersToNextTimer();
      expect(turns).toHaveLength(turn);
      vi.advanceTimersToNextTimer();
      expect(others).toHaveBeenCalledTimes(turn);
    }
  });

  it.each(['before they begin', 'while they run'])('are cancelled %s', async (when) => {
    // Uses the timers of Node: the fake timers reject a timer that is cleared by the function of the other kind.
    vi.useRealTimers();
    turnsOfRound = 5;
    rounds.schedule();
    if (when === 'while it is under way') await turnOfTheLoop();
    const before = turns.length;
    rounds.cancel();
    for (let turn = 0; turn < 3; turn++) await turnOfTheLoop();
    expect(turns).toHaveLength(before);
  });
});

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
