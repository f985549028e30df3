import type { Check } from './check.js';

export const served: Check = {
  name: 'served',
  promise:
    'after the end of a fault, every command is acknowledged and every client has its session',
  violations: ({ unserved }) =>
    unserved.map((userId) => `${userId} was not served in half a minute`),
};
