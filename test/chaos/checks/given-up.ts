import { clock } from '../in-words.js';
import type { Check } from './check.js';

export const givenUp: Check = {
  name: 'given up',
  promise: 'the service ends the session of a client that misses its heartbeats in time',
  violations: ({ history, promises: { givenUpWithinMs } }) => {
    if (givenUpWithinMs === undefined) return [];
    return history.silences
      .filter(({ from, until = Infinity }) => until - from > givenUpWithinMs)
      .map(
        ({ userId, node, from, until }) =>
          `${userId} on ${node} sent no heartbeats from ${clock(from)} on and lost its session ${until === undefined ? 'never' : `after ${until - from} ms`}`,
      );
  },
};
