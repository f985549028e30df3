import { describe, expect, it } from 'vitest';
import { RejectionPolicy } from './rejection-policy.js';

function treatments(
  patience: RejectionPolicy,
  calls: number,
  now: number,
): { prompt: number; late: number; cutOff: number } {
  const counts = { prompt: 0, late: 0, cutOff: 0 };
  for (let i = 0; i < calls; i++) {
    const treatment = patience.with('ann', now);
    if (treatment === 'cutOff') counts.cutOff++;
    else if (treatment.answerAfterMs === 0) counts.prompt++;
    else counts.late++;
  }
  return counts;
}

describe('Patience', () => {
  it('ends in steps: refused calls are answered at once, then late, then not at all', () => {
    const patience = new RejectionPolicy(10);
    expect(treatments(patience, 1000, 0)).toEqual({ prompt: 20, late: 200, cutOff: 780 });
    expect(treatments(patience, 1000, 1000)).toEqual({ prompt: 10, late: 40, cutOff: 950 });
  });

  it('has late answers come at different times, within 2.5 to 7.5 seconds', () => {
    const patience = new RejectionPolicy(10);
    treatments(patience, 20, 0);
    const waits = Array.from({ length: 200 }, () => patience.with('ann', 0));
    const times = waits.map((wait) => (wait === 'cutOff' ? NaN : wait.answerAfterMs));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(2500);
    expect(Math.max(...times)).toBeLessThanOrEqual(7500);
    expect(new Set(times).size).toBeGreaterThan(100);
  });

  it('is with each user by itself, and returns when the user has been quiet', () => {
    const patience = new RejectionPolicy(10);
    treatments(patience, 1000, 0);
    expect(patience.with('bob', 0)).toEqual({ answerAfterMs: 0 });
    expect(treatments(patience, 220, 5000)).toEqual({ prompt: 20, late: 200, cutOff: 0 });
  });

  it('is endless when there is no limit', () => {
    expect(treatments(new RejectionPolicy(0), 1000, 0)).toEqual({
      prompt: 1000,
      late: 0,
      cutOff: 0,
    });
  });
});
