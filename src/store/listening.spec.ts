import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.js';
import type { Config } from '../config/config.js';
import { Listening } from './listening.js';
import type { PresenceStore } from './presence-store.js';

const TIMEOUT_MS = 8000;

describe('The time in which a node listens', () => {
  let clock: ManualClock;
  let report: { problem: string | undefined };
  let listening: Listening;
  beforeEach(() => {
    clock = new ManualClock();
    report = { problem: undefined };
    const config = { policy: { heartbeatTimeoutMs: TIMEOUT_MS } } as Config;
    listening = new Listening({ status: report } as PresenceStore, clock, config);
  });

  /** The part of the elapsed time that counts. */
  function counted(pass: () => void): number {
    const before = listening.heardMs;
    pass();
    return listening.heardMs - before;
  }

  function run(ms: number): void {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(100);
      expect(listening.lostMs).toBeGreaterThanOrEqual(0);
    }
  }

  it('is all time while nothing is wrong', () => {
    expect(counted(() => run(60_000))).toBe(60_000);
    expect(listening.isListening).toBe(true);
  });

  it('does not include a pause, nor as much time after it', () => {
    expect(counted(() => clock.pause(6000))).toBe(0);
    expect(listening.isListening).toBe(false);
    expect(counted(() => run(6000))).toBe(0);
    expect(listening.isListening).toBe(true);
    expect(counted(() => run(1000))).toBe(1000);
    expect(listening.lostMs).toBe(12_000);
  });

  it('does not include an outage of the store, nor as much time after it', () => {
    report.problem = 'gone';
    expect(counted(() => run(3000))).toBe(0);
    expect(listening.isListening).toBe(false);
    report.problem = undefined;
    expect(counted(() => run(3000))).toBe(0);
    expect(counted(() => run(500))).toBe(500);
    expect(listening.isListening).toBe(true);
  });

  it('begins again no later than a heartbeat timeout after an absence, however long that was', () => {
    clock.pause(3_600_000);
    expect(counted(() => run(TIMEOUT_MS))).toBe(0);
    expect(listening.isListening).toBe(true);
  });

  it('continues where absences come again and again', () => {
    const counts = counted(() => {
      for (let i = 0; i < 10; i++) {
        clock.pause(1000);
        run(9000);
      }
    });
    expect(counts).toBe(80_000);
  });
});
