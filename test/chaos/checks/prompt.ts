import { clock } from '../in-words.js';
import type { Check } from './check.js';

export const prompt: Check = {
  name: 'prompt',
  promise: 'an event that no message told of is found by the look at the log, once a second',
  complaints: ({ history, promises: { withinMs } }) => {
    if (withinMs === undefined) return [];
    return history.stretches.flatMap(({ subscriber, node, deliveries }) =>
      deliveries
        .filter(({ at, occurredAt }) => at - occurredAt > withinMs)
        .map(
          ({ at, occurredAt, presence }) =>
            `${subscriber} on ${node} heard of ${presence.userId} ${at - occurredAt} ms after ${clock(occurredAt)}`,
        ),
    );
  },
};
