import { describe, expect, it } from 'vitest';
import { Patience, type Treatment } from './patience.js';

function treatments(patience: Patience, calls: number, now: number): Record<Treatment, number> {
  const counts = { prompt: 0, late: 0, cutOff: 0 };
  for (let i = 0; i < calls; i++) counts[patience.with('ann', now)]++;
  return counts;
}

describe('Patience', () => {
  it('ends in steps: refused calls are answered at once, then late, then not at all', () => {
    const patience = new Patience(10);
    expect(treatments(patience, 100, 0)).toEqual({ prompt: 20, late: 20, cutOff: 60 });
    expect(treatments(patience, 100, 1000)).toEqual({ prompt: 10, late: 10, cutOff: 80 });
  });

  it('is with each user by itself, and returns when the user has been quiet', () => {
    const patience = new Patience(10);
    treatments(patience, 100, 0);
    expect(patience.with('bob', 0)).toBe('prompt');
    expect(treatments(patience, 20, 2000)).toEqual({ prompt: 20, late: 0, cutOff: 0 });
  });

  it('is endless when there is no limit', () => {
    expect(treatments(new Patience(0), 1000, 0)).toEqual({ prompt: 1000, late: 0, cutOff: 0 });
  });
});
