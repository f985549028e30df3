import type { Check } from './check.js';

export const served: Check = {
  name: 'served',
  promise: 'once the fault is over, every command is acknowledged and every client has its session',
  complaints: ({ unserved }) =>
    unserved.map((userId) => `${userId} was not served in half a minute`),
};
