import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CapturedLog } from '../../../test/support/captured-log.js';
import { eventually } from '../../../test/support/eventually.js';
import { connect, join } from '../../../test/support/play.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { StoreNode } from '../../../test/support/store-node.js';

describe('Nodes that send their batches at ticks', () => {
  let server: RedisServer;
  let log: CapturedLog;
  let a: StoreNode;
  let b: StoreNode;
  beforeEach(async () => {
    log = CapturedLog.start();
    server = await RedisServer.start();
    const always = { maxMessagesPerSecond: 0 };
    a = await StoreNode.start(server.url, 'ticks:', always);
    b = await StoreNode.start(server.url, 'ticks:', always);
  });
  afterEach(async () => {
    await Promise.all([a.stop(), b.stop()]);
    await server.stop();
    log.restore();
  });

  it('lose no command when they race for a user, and announce each change in the same order', async () => {
    await a.perform('alice', connect('a', { node: a.store.status.node }));
    // Each node decides after a second with commits.
    await eventually(async () => {
      await a.perform('alice', join('a', 'lobby'));
      await a.perform('alice', join('a', 'kitchen'));
      return log.text.match(/Commits are sent every 10 ms/g)?.length;
    }, 2);
    await b.store.view.awaitCurrent();
    const before = a.eventLines.length;
    const flips = Array.from({ length: 40 }, (_, i) =>
      (i % 2 === 0 ? a : b).perform('alice', join('a', `channel-${i}`)),
    );
    await Promise.all(flips);
    await Promise.all([a.store.view.awaitCurrent(), b.store.view.awaitCurrent()]);
    expect(a.eventLines).toHaveLength(before + 40);
    expect(b.eventLines).toEqual(a.eventLines);
  });
});
