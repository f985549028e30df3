import { describe, expect, it } from 'vitest';
import { ByteBudget, HeldBytes, heldBytesOf, type Hold } from './held-bytes.js';

const MB = 1024 * 1024;

describe('The bytes that calls hold', () => {
  const ended: string[] = [];

  function waiting(all: HeldBytes, name: string, bytes: number, connection?: ByteBudget): Hold {
    const hold = all.hold(() => void ended.push(name), connection);
    expect(hold.raiseTo(bytes)).toBe(true);
    hold.wait();
    return hold;
  }

  function endedOnes(): readonly string[] {
    return ended.splice(0);
  }

  it('is counted up to what is released', () => {
    const all = new HeldBytes(100);
    const hold = waiting(all, 'a', 60);
    expect(hold.raiseTo(90)).toBe(true);
    expect(all.size).toBe(90);
    hold.lowerTo(10);
    expect(all.size).toBe(10);
    hold.release();
    hold.release();
    expect(all.size).toBe(0);
    expect(endedOnes()).toEqual([]);
  });

  it('is released from the calls that waited longest if another call needs it', () => {
    const all = new HeldBytes(100);
    for (const name of ['a', 'b', 'c']) waiting(all, name, 30);
    const late = waiting(all, 'd', 50);
    expect(endedOnes()).toEqual(['a', 'b']);
    expect(all.size).toBe(80);
    expect(late.raiseTo(100)).toBe(true);
    expect(endedOnes()).toEqual(['c']);
  });

  it('is not taken from calls that are served, and then the one that comes is rejected', () => {
    const all = new HeldBytes(100);
    const served = waiting(all, 'served', 70);
    served.serve();
    const refused = all.hold(() => {});
    expect(refused.raiseTo(40)).toBe(false);
    expect(all.size).toBe(70);
    served.wait();
    expect(refused.raiseTo(40)).toBe(true);
    expect(endedOnes()).toEqual(['served']);
  });

  it('is bounded for each connection, whose calls do not give up one another', () => {
    const all = new HeldBytes(1000);
    const connection = new ByteBudget(100);
    const first = waiting(all, 'first', 60, connection);
    const second = all.hold(() => {}, connection);
    expect(second.raiseTo(50)).toBe(false);
    expect(all.size).toBe(60);
    first.release();
    expect(second.raiseTo(50)).toBe(true);
    expect(endedOnes()).toEqual([]);
  });

  it('gives nothing of a connection away that was rejected for all', () => {
    const connection = new ByteBudget(100);
    const all = new HeldBytes(50);
    expect(all.hold(() => {}, connection).raiseTo(60)).toBe(false);
    expect(connection.reserve(100)).toBe(true);
  });

  it('is a quarter of the heap at most, and neither next to nothing nor without end', () => {
    expect([64, 128, 256, 4096].map((megabytes) => heldBytesOf(megabytes * MB) / MB)).toEqual([
      32, 32, 64, 256,
    ]);
  });
});
