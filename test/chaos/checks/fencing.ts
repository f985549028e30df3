import { clock } from '../in-words.js';
import type { Check } from './check.js';

export const fencing: Check = {
  name: 'fencing',
  promise: 'I7: writes of a node that was declared dead change nothing',
  violations: ({ history }) => {
    const declaredDeadAt = new Map<string, number>();
    const violations: string[] = [];
    for (const { at, type, partition, node } of history.writes) {
      const key = `${partition} ${node}`;
      if (type === 'fence') declaredDeadAt.set(key, declaredDeadAt.get(key) ?? at);
      else if (declaredDeadAt.has(key)) {
        violations.push(
          `${node} wrote to ${partition} at ${clock(at)}, and was declared dead at ${clock(declaredDeadAt.get(key)!)}`,
        );
      }
    }
    return violations;
  },
};
