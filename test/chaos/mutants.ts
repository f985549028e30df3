import type { Edit, Mutant } from './mutant.js';
import { webhookMutants } from './webhook-mutants.js';

const STORE = 'store/redis';

export const mutants: readonly Mutant[] = [
  {
    name: 'no token check',
    scenario: 'failover-busy',
    caughtBy: ['convergence', 'no ghosts', 'picture', 'served'],
    edits: [
      {
        file: `${STORE}/log-batch.js`,
        find: 'a.seq === b.seq && a.token === b.token && a.epoch === b.epoch',
        replace: 'a.seq === b.seq && a.epoch === b.epoch',
      },
      {
        file: `${STORE}/partition-reader.js`,
        find: 'head.seq < position.seq || (head.seq === position.seq && head.token !== position.token)',
        replace: 'false',
      },
      {
        file: `${STORE}/lua/commit.lua`,
        find: 'if seen > seq or (seen == seq and ARGV[4] ~= head[3]) then',
        replace: 'if false then',
      },
    ],
  },
  {
    name: 'no fencing',
    scenario: 'cut-off-one-way',
    caughtBy: ['fencing'],
    edits: [
      {
        file: `${STORE}/lua/commit.lua`,
        find: "if string.sub(known, 1, 1) == 'X' then return {'FENCED'} end",
        replace: "if string.sub(known, 1, 1) == 'X' then known = (ARGV[2] - 1) .. '|0|0|||' end",
      },
    ],
  },
  {
    name: 'no reaper',
    scenario: 'node-killed',
    caughtBy: ['no ghosts', 'lost node'],
    edits: [
      {
        file: `${STORE}/janitor.js`,
        find: '!formerNames.has(node) && !membership.isAlive(node)',
        replace: 'false',
      },
    ],
  },
  {
    name: 'no write-back',
    scenario: 'redis-emptied',
    caughtBy: ['no ghosts'],
    edits: [
      {
        file: `${STORE}/janitor.js`,
        find: 'await this.writeBack(partition, isMine);',
        replace: '',
      },
    ],
  },
  {
    name: 'no reconciling',
    scenario: 'redis-emptied',
    caughtBy: ['convergence', 'no false offline'],
    edits: [
      {
        file: `${STORE}/partition-replica.js`,
        find: 'const user = reconcile(',
        replace: 'const user = ((_mine, theirs) => theirs)(',
      },
    ],
  },
  {
    name: 'no gap fill',
    scenario: 'messages-cut',
    caughtBy: ['every event'],
    edits: [
      {
        file: `${STORE}/partition-reader.js`,
        find: 'await port.logged(keys, replica.position, BATCHES_PER_READ)',
        replace: '[]',
      },
    ],
  },
  {
    name: 'no position check',
    scenario: 'messages-silent',
    caughtBy: ['prompt', 'every event'],
    edits: [
      {
        file: `${STORE}/redis-presence-store.js`,
        find: 'new IntervalTask(LOG_POLL_INTERVAL_MS, () => this.refreshing.run(),',
        replace: 'new IntervalTask(LOG_POLL_INTERVAL_MS, async () => {},',
      },
    ],
  },
  {
    name: 'no rights in tokens',
    scenario: 'access',
    caughtBy: ['viewers agree', 'no leaks'],
    edits: [
      {
        file: 'event-log/resume-token.js',
        find: 'bytes.readUInt32BE(end) !== rights',
        replace: 'false',
      },
    ],
  },
  {
    name: 'no silent commits',
    scenario: 'access',
    caughtBy: ['viewers agree', 'no leaks'],
    edits: [
      {
        file: 'event-log/commit-facts.js',
        find: 'changesViewers(before, user)',
        replace: 'false',
      },
    ],
  },
  {
    name: 'no revocations',
    scenario: 'access',
    caughtBy: ['revoked tokens'],
    edits: [
      {
        file: 'api/auth.guard.js',
        find: 'this.revocations.assertValid(caller);',
        replace: '',
      },
    ],
  },
  ...webhookMutants,
];

/**
 * Throws an error if the text to replace is missing or occurs more than once. The mutant must then
 * be revised.
 */
export function mutate(text: string, { file, find, replace }: Edit): string {
  const [before, after, ...others] = text.split(find);
  if (after === undefined) throw new Error(`${file} no longer says: ${find}`);
  if (others.length > 0) throw new Error(`${file} says more than once: ${find}`);
  return before + replace + after;
}
