import { describe, expect, it } from 'vitest';
import { RedisServer } from '../../../test/support/redis-server.js';
import { Keys, partitionOf, PARTITIONS, TAGS } from './keys.js';

describe('The keys of a partition', () => {
  it('lie in one slot, and those of different partitions evenly over all slots', async () => {
    const server = await RedisServer.start(['--cluster-enabled', 'yes']);
    try {
      const slotOf = (key: string): Promise<number> =>
        server.with((redis) => redis.call('CLUSTER', 'KEYSLOT', key) as Promise<number>);
      for (const [i, keys] of new Keys('presence:').partitions.entries()) {
        const { head, nodes, users, log, channel } = keys;
        const slots = await Promise.all([head, nodes, users, log, channel].map(slotOf));
        expect(new Set(slots).size, TAGS[i]).toBe(1);
        expect(Math.floor((slots[0]! * PARTITIONS) / 16_384), TAGS[i]).toBe(i);
      }
    } finally {
      await server.stop();
    }
  });

  it('begin with the prefix, so that two services do not meet', () => {
    const [ours, theirs] = [new Keys('chat:'), new Keys('game:')];
    expect(ours.beats).toMatch(/^chat:/);
    expect(ours.partitions[0]!.users).not.toBe(theirs.partitions[0]!.users);
  });
});

describe('The partition of a user', () => {
  it('is the same on every node and in every version', () => {
    expect(['alice', 'bob', '', 'Ünïcödé', '用户'].map(partitionOf)).toEqual([5, 2, 9, 8, 12]);
  });

  it('is as likely as any other', () => {
    const counts = new Array<number>(PARTITIONS).fill(0);
    for (let i = 0; i < 16_000; i++) counts[partitionOf(`user-${i}`)]!++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(200);
  });
});
