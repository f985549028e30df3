import type { Mutant } from './mutant.js';

const DELIVERY = 'webhooks/partition-delivery.js';
const LUA = 'store/redis/lua';

/** The service without one of the rules of webhooks. */
export const webhookMutants: readonly Mutant[] = [
  {
    name: 'webhook position before the response',
    scenario: 'receiver-away',
    caughtBy: ['webhook events', 'webhook order'],
    edits: [
      {
        file: DELIVERY,
        find: 'const result = await post(batch, this.aborting.signal);',
        replace:
          'this.feed.take(); await this.store(); const result = await post(batch, this.aborting.signal);',
      },
    ],
  },
  {
    name: 'no webhook position',
    scenario: 'receiver-away',
    caughtBy: ['webhook gaps', 'webhook repeats'],
    edits: [
      {
        file: `${LUA}/renew-lease.lua`,
        find: "if ARGV[4] then redis.call('HSET', KEYS[1], 'seq', ARGV[4], 'mark', ARGV[5], 'at', ARGV[6]) end",
        replace: '',
      },
    ],
  },
  {
    name: 'no retry after a webhook fails',
    scenario: 'calm',
    caughtBy: ['webhook events', 'webhook order'],
    edits: [
      {
        file: DELIVERY,
        find: "if (result.outcome === '2xx') {",
        replace: "if (result.outcome === '2xx' || result.outcome === '5xx') {",
      },
    ],
  },
  {
    name: 'webhooks from two nodes',
    scenario: 'calm',
    caughtBy: ['webhook turns', 'webhook repeats'],
    edits: [
      {
        file: `${LUA}/acquire-lease.lua`,
        find: 'if now < ends + tonumber(ARGV[3]) then',
        replace: 'if false then',
      },
      {
        file: `${LUA}/renew-lease.lua`,
        find: "if owner and owner ~= ARGV[1] then return 'LOST' end",
        replace: '',
      },
    ],
  },
  {
    name: 'a webhook skipped by the next node',
    scenario: 'receiver-away',
    caughtBy: ['webhook events', 'webhook order'],
    edits: [
      {
        file: 'webhooks/partition-feed.js',
        find: 'const offset = position && log.offsetAfter(position);',
        replace: 'const offset = position && log.head;',
      },
    ],
  },
  {
    name: 'webhook retries after later events',
    scenario: 'calm',
    caughtBy: ['webhook order'],
    edits: [
      {
        file: DELIVERY,
        find: 'await this.retry.wait(retryAfterMs(failures, retryMs, result.retryAfterMs));',
        replace:
          'this.feed.take(); this.batch = undefined; setTimeout(() => void post(batch, this.aborting.signal), retryMs * 2); return;',
      },
    ],
  },
];
