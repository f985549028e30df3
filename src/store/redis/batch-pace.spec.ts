import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endOfIteration } from '../../timers/end-of-iteration.js';
import { BatchPace } from './batch-pace.js';

describe('The pace of batches', () => {
  /** How far the clock of the second node is ahead of the first one. */
  const AHEAD_MS = 0.4;
  const lines: string[] = [];
  let nodes: number;
  let servers: number;
  beforeEach(() => {
    vi.useFakeTimers();
    [nodes, servers] = [50, 1];
    lines.length = 0;
  });
  afterEach(() => vi.useRealTimers());

  function newPace(aheadMs = 0): BatchPace {
    return new BatchPace({
      maxMessagesPerSecond: 10_000,
      nodes: () => nodes,
      port: { primaries: Array.from({ length: servers }) },
      now: () => Date.now() + aheadMs,
      uptime: () => performance.now(),
      logger: { log: (line: string) => void lines.push(line) },
    });
  }

  /** Lets two seconds pass in which batches arrive at a steady rate. */
  async function receive(pace: BatchPace, perSecond: number): Promise<void> {
    for (let i = 0; i < 2 * perSecond; i++) {
      await vi.advanceTimersByTimeAsync(1000 / perSecond);
      pace.count();
    }
  }

  /** Lets time pass, and the work that is due then end. */
  async function pass(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
    await endOfIteration();
  }

  /** Asks for the next turn. Returns the times at which a batch was sent, which are none before the turn. */
  function send(pace: BatchPace): readonly number[] {
    const sentAt: number[] = [];
    void pace.turn().then(() => sentAt.push(Date.now()));
    return sentAt;
  }

  it('sends each batch at once while Redis sends few messages', async () => {
    const pace = newPace();
    await receive(pace, 190);
    const sentAt = send(pace);
    await pass(0);
    expect(sentAt).toHaveLength(1);
    expect(lines).toEqual([]);
  });

  it('sends batches of all nodes at the same ticks while Redis sends many messages', async () => {
    const paces = [newPace(), newPace(AHEAD_MS)];
    for (const pace of paces) await receive(pace, 250);
    await pass(10 - (Date.now() % 10) + 3);
    const sent = paces.map(send);
    await pass(6);
    expect(sent).toEqual([[], []]);
    await pass(1);
    expect(sent.flat()).toHaveLength(2);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^Commits are sent every 10 ms: .* 12\d{3} messages per second/);
  });

  it('lets all partitions of a node continue together', async () => {
    const pace = newPace();
    await receive(pace, 250);
    await pass(10 - (Date.now() % 10));
    const first = send(pace);
    await pass(2);
    const second = send(pace);
    await pass(7);
    expect([first, second]).toEqual([[], []]);
    await pass(1);
    expect([...first, ...second]).toHaveLength(2);
  });

  it('keeps the ticks until Redis sends less than half as many messages', async () => {
    const pace = newPace();
    await receive(pace, 250);
    await receive(pace, 110);
    expect(lines).toHaveLength(1);
    await receive(pace, 90);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/^Commits are sent at once: /);
    const sentAt = send(pace);
    await pass(0);
    expect(sentAt).toHaveLength(1);
  });

  it.each([
    ['few nodes', () => (nodes = 10)],
    ['many Redis servers', () => (servers = 4)],
  ])('sends each batch at once if there are %s', async (_, given) => {
    given();
    await receive(newPace(), 250);
    expect(lines).toEqual([]);
  });
});
