import { expect, it } from 'vitest';
import { nestLogLevels } from './log-level.js';

it('logs the level and all graver ones, in the words of Nest', () => {
  expect(nestLogLevels('fatal')).toEqual(['fatal']);
  expect(nestLogLevels('info')).toEqual(['fatal', 'error', 'warn', 'log']);
  expect(nestLogLevels('verbose')).toHaveLength(6);
});
