import { expect, it } from 'vitest';
import { barOf } from './progress-bar.js';

it('a progress bar fills with the completed part', () => {
  expect(barOf(0, 4, 'note')).toBe(`${'░'.repeat(30)}   0 %  note`);
  expect(barOf(1, 3, 'note')).toBe(`${'█'.repeat(10)}${'░'.repeat(20)}  33 %  note`);
  expect(barOf(4, 4, 'note')).toBe(`${'█'.repeat(30)} 100 %  note`);
});

it('a progress bar of nothing is full', () => {
  expect(barOf(0, 0, '')).toContain('100 %');
});
