import type { Check } from './check.js';

export const noGhosts: Check = {
  name: 'no ghosts',
  promise: 'I4: Redis holds exactly the open sessions, and all of their nodes are alive',
  violations: ({ stored, openSessionIds, answers }) => {
    const ghosts = [...stored.sessionIds].filter((id) => !openSessionIds.has(id));
    const missing = [...openSessionIds].filter((id) => !stored.sessionIds.has(id));
    return [
      ...ghosts.map((id) => `session ${id} is stored, but no client has it`),
      ...missing.map((id) => `session ${id} is open, but not stored`),
      ...(stored.beats.length < answers.length
        ? [`${stored.beats.length} nodes have a counter, ${answers.length} are alive`]
        : []),
    ];
  },
};
