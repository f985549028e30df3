import { afterEach, describe, expect, it, vi } from 'vitest';
import { HeapUse } from '../../src/limits/heap-use.js';
import { SessionLimit } from '../../src/limits/session-limit.js';
import type { Client, OpenSession } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { NODES } from '../support/nodes.js';
import { refusalOf } from '../support/retry-info.js';
import { Service } from '../support/service.js';

let service: Service;
afterEach(() => service.stop());

/**
 * Opens as many sessions as the nodes accept, each of another user. Every node receives the same
 * number of calls.
 */
async function open(count: number): Promise<readonly OpenSession[]> {
  const sessions: OpenSession[] = [];
  for (let i = 0; i < count; i++) sessions.push(await (await client()).connect());
  return sessions;
}

let users = 0;
function client(): Promise<Client> {
  return service.client(`user-${users++}`);
}

async function rejection() {
  return refusalOf(await (await client()).openSession().ended);
}

async function online(): Promise<number> {
  return (await (await client()).listOnlineUsers()).totalSize;
}

describe('MAX_SESSIONS_PER_NODE', () => {
  const FULL = {
    code: 'UNAVAILABLE',
    text: 'the node has the maximum number of sessions; try again later, or use another node',
  };

  it('rejects sessions above the limit, and accepts one for each that ends', async () => {
    service = await Service.start({ MAX_SESSIONS_PER_NODE: '3' });
    const [first] = await open(3 * NODES);
    expect(await rejection()).toMatchObject(FULL);
    expect(await rejection()).toMatchObject(FULL);
    expect(await online()).toBe(3 * NODES);
    first!.stream.cancel();
    await eventually(() => service.sizeOf(SessionLimit), 3 * NODES - 1);
    // Exactly one of the nodes has capacity left, and it may be any of them.
    const clients = await Promise.all(Array.from({ length: NODES }, client));
    const attempts = await Promise.allSettled(clients.map((each) => each.connect()));
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('has a random retry hint between five and ten seconds', async () => {
    service = await Service.start({ MAX_SESSIONS_PER_NODE: '1' });
    await open(NODES);
    const waits = new Set<number>();
    for (let i = 0; i < 5; i++) waits.add((await rejection()).retryMs);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(5000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(10_000);
    expect(waits.size).toBeGreaterThan(1);
  });

  it('keeps the existing sessions, and accepts reads and subscriptions', async () => {
    service = await Service.start({ MAX_SESSIONS_PER_NODE: '1' });
    const ann = await service.client('ann');
    const { sessionId } = await ann.connect();
    await open(NODES - 1);
    await rejection();
    const subscription = (await client()).subscribe({ userIds: ['ann'] });
    await subscription.beginning();
    await ann.joinChannel({ sessionId, channelId: 'lobby' });
    expect((await subscription.nextEvent()).presence?.currentChannelId).toBe('lobby');
  });

  it('is counted in the metrics, and leaves the node ready', async () => {
    service = await Service.start({ MAX_SESSIONS_PER_NODE: '1' });
    await open(NODES);
    for (let i = 0; i < NODES; i++) await rejection();
    const lines = (await (await fetch(`${service.httpUrl}/metrics`)).text()).split('\n');
    expect(lines).toContain('presence_node_sessions 1');
    expect(lines).toContain('presence_node_sessions_max 1');
    expect(lines).toContain('presence_rate_limited_total{limit="MAX_SESSIONS_PER_NODE"} 1');
    expect(lines).toContain(
      'presence_rate_limited_total{limit="MAX_COMMANDS_PER_SECOND_PER_SESSION_PER_NODE"} 0',
    );
    expect((await fetch(`${service.httpUrl}/health/ready`)).status).toBe(200);
  });
});

describe('The rate of new sessions', () => {
  const TOO_SOON = {
    code: 'UNAVAILABLE',
    text: 'too many sessions begin at once on this node; try again',
  };

  it('rejects sessions above the rate, each with a later retry hint', async () => {
    service = await Service.start({}, { fixed: { newSessionsPerSecond: 2 } });
    await open(4 * NODES);
    for (const turn of [1, 2, 3]) {
      for (let i = 0; i < NODES; i++) {
        const { retryMs, ...what } = await rejection();
        expect(what).toEqual(TOO_SOON);
        expect(retryMs).toBeGreaterThanOrEqual(turn * 500);
        expect(retryMs).toBeLessThanOrEqual(turn * 550);
      }
    }
    expect(await online()).toBe(4 * NODES);
    await service.passTime(500);
    await open(NODES);
    expect(await rejection()).toMatchObject(TOO_SOON);
  });
});

describe('MAX_HEAP_PERCENT', () => {
  const SHORT = {
    code: 'UNAVAILABLE',
    text: 'the server is short of memory; try again later, or use another node',
  };
  afterEach(() => void vi.restoreAllMocks());

  it('rejects new sessions and subscriptions while more of the heap is in use', async () => {
    service = await Service.start({ MAX_HEAP_PERCENT: '80' });
    const use = vi.spyOn(HeapUse.prototype, 'percent').mockReturnValue(80);
    const ann = await service.client('ann');
    const { sessionId } = await ann.connect();
    const subscription = ann.subscribe();
    await subscription.beginning();

    use.mockReturnValue(80.1);
    const { retryMs, ...what } = await rejection();
    expect(what).toEqual(SHORT);
    expect(retryMs).toBeGreaterThanOrEqual(2000);
    expect(retryMs).toBeLessThanOrEqual(4000);
    expect(refusalOf(await ann.subscribe().ended)).toMatchObject(SHORT);
    await ann.joinChannel({ sessionId, channelId: 'lobby' });
    expect((await subscription.nextEvent()).presence?.currentChannelId).toBe('lobby');

    use.mockReturnValue(79);
    await open(NODES);
  });

  it('has no effect when it is 0', async () => {
    service = await Service.start({ MAX_HEAP_PERCENT: '0' });
    vi.spyOn(HeapUse.prototype, 'percent').mockReturnValue(100);
    await open(NODES);
  });
});
