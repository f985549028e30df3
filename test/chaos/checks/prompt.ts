import { clock } from '../in-words.js';
import type { Check } from './check.js';

export const prompt: Check = {
  name: 'prompt',
  promise:
    'a node finds an event whose pub/sub message was lost when it checks the partition log, once per second',
  violations: ({ history, promises: { withinMs } }) => {
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
