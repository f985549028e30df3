import { clock } from '../in-words.js';
import type { Check } from './check.js';

export const fencing: Check = {
  name: 'fencing',
  promise: 'I7: what a node sends after it was declared dead changes nothing',
  complaints: ({ history }) => {
    const declaredDeadAt = new Map<string, number>();
    const complaints: string[] = [];
    for (const { at, type, partition, node } of history.writes) {
      const key = `${partition} ${node}`;
      if (type === 'fence') declaredDeadAt.set(key, declaredDeadAt.get(key) ?? at);
      else if (declaredDeadAt.has(key)) {
        complaints.push(
          `${node} wrote to ${partition} at ${clock(at)}, and was declared dead at ${clock(declaredDeadAt.get(key)!)}`,
        );
      }
    }
    return complaints;
  },
};
