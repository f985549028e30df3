import { describe, expect, it } from 'vitest';
import { ByteBudget, CallMemory, callMemoryOf, type CallAccount } from './call-memory.js';

const KB = 1024;
const MB = 1024 * KB;

describe('The bytes that calls hold', () => {
  const ended: string[] = [];

  function holding(
    all: CallMemory,
    name: string,
    bytes: number,
    connection?: ByteBudget,
  ): CallAccount {
    const account = all.open(() => void ended.push(name), connection);
    expect(account.raiseTo(bytes)).toBe(true);
    return account;
  }

  function waiting(...args: Parameters<typeof holding>): CallAccount {
    const account = holding(...args);
    account.wait();
    return account;
  }

  function endedOnes(): readonly string[] {
    return ended.splice(0);
  }

  it('are counted until the call releases them', () => {
    const all = new CallMemory(200);
    const account = waiting(all, 'a', 60);
    expect(account.raiseTo(90)).toBe(true);
    expect(all.size).toBe(90);
    account.lowerTo(10);
    expect(all.size).toBe(10);
    account.release();
    account.release();
    expect(all.size).toBe(0);
    expect(endedOnes()).toEqual([]);
  });

  it('are taken from the calls that have waited longest, if all are equally large', () => {
    const all = new CallMemory(80 * KB);
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) waiting(all, name, 10 * KB);
    waiting(all, 'h', 10 * KB);
    waiting(all, 'i', 10 * KB);
    expect(endedOnes()).toEqual(['a', 'b']);
    expect(all.size).toBe(70 * KB);
  });

  it('are not taken from calls that are served: the new call is rejected', () => {
    const all = new CallMemory(100);
    const served = waiting(all, 'served', 70);
    served.serve();
    const rejected = all.open(() => {});
    expect(rejected.raiseTo(40)).toBe(false);
    expect(all.size).toBe(70);
    served.wait();
    expect(rejected.raiseTo(40)).toBe(true);
    expect(endedOnes()).toEqual(['served']);
  });

  it('are bounded for each connection, whose calls do not end one another', () => {
    const all = new CallMemory(1000);
    const connection = new ByteBudget(100);
    const first = waiting(all, 'first', 60, connection);
    const second = all.open(() => {}, connection);
    expect(second.raiseTo(50)).toBe(false);
    expect(all.size).toBe(60);
    first.release();
    expect(second.raiseTo(50)).toBe(true);
    expect(endedOnes()).toEqual([]);
  });

  it('leave the budget of the connection unchanged if the node rejects the call', () => {
    const connection = new ByteBudget(100);
    const all = new CallMemory(50);
    expect(all.open(() => {}, connection).raiseTo(60)).toBe(false);
    expect(connection.reserve(100)).toBe(true);
  });

  it('are a quarter of the heap, at least 32 MB and at most 256 MB', () => {
    expect([64, 128, 256, 4096].map((megabytes) => callMemoryOf(megabytes * MB) / MB)).toEqual([
      32, 32, 64, 256,
    ]);
  });

  describe('if the call is small', () => {
    it('are not taken for large calls, although the small call has waited longest', () => {
      const all = new CallMemory(32 * MB);
      waiting(all, 'small', 8 * KB);
      for (let i = 0; i < 30; i++) waiting(all, `large ${i}`, 5 * MB);
      expect(endedOnes()).toEqual(Array.from({ length: 25 }, (_, i) => `large ${i}`));
    });

    it('are not taken for large requests that arrive in parts', () => {
      const all = new CallMemory(32 * MB);
      waiting(all, 'small', 8 * KB);
      const large = Array.from({ length: 30 }, (_, i) => waiting(all, `large ${i}`, 8 * KB));
      for (let bytes = 64 * KB; bytes < 5 * MB; bytes += 64 * KB) {
        for (const account of large) account.raiseTo(bytes);
      }
      expect(endedOnes()).not.toContain('small');
    });

    it('are not taken for connections with many small calls', () => {
      const all = new CallMemory(32 * MB);
      waiting(all, 'small', 9 * KB, new ByteBudget(16 * MB));
      const connections = Array.from({ length: 24 }, () => new ByteBudget(16 * MB));
      for (let i = 0; i < 7200; i++) {
        waiting(all, `call ${i}`, 8 * KB, connections[Math.floor(i / 300)]);
      }
      const names = endedOnes();
      expect(names.slice(0, 2)).toEqual(['call 0', 'call 1']);
      expect(names).not.toContain('small');
    });

    it('fit while served calls hold as much as large calls may', () => {
      const all = new CallMemory(32 * MB);
      for (let i = 0; i < 5; i++) holding(all, 'served', 5.5 * MB);
      expect(all.open(() => {}).raiseTo(5.5 * MB)).toBe(false);
      expect(all.open(() => {}).raiseTo(8 * KB)).toBe(true);
      expect(endedOnes()).toEqual([]);
    });

    it('are taken from the small call that has waited longest, if no large call waits', () => {
      const all = new CallMemory(32 * MB);
      for (let i = 0; i < 7; i++) holding(all, 'served', 4 * MB);
      for (let i = 0; i < 512; i++) waiting(all, `small ${i}`, 8 * KB);
      expect(all.open(() => {}).raiseTo(2 * MB)).toBe(false);
      expect(endedOnes()).toEqual([]);
      waiting(all, 'late', 8 * KB);
      expect(endedOnes()).toEqual(['small 0']);
    });
  });

  it('are taken from small calls, oldest first, when a few large calls arrive among thousands', () => {
    const all = new CallMemory(32 * MB);
    for (let i = 0; i < 3584; i++) waiting(all, `small ${i}`, 8 * KB);
    const large = waiting(all, 'large', 64 * KB);
    expect(endedOnes()).toEqual(Array.from({ length: 8 }, (_, i) => `small ${i}`));
    for (let i = 0; i < 100; i++) waiting(all, `later ${i}`, 8 * KB);
    expect(endedOnes()).not.toContain('large');
    large.release();
  });

  it('are taken from a large call behind more small ones than one search examines', () => {
    const all = new CallMemory(32 * MB);
    for (let i = 0; i < 1200; i++) waiting(all, `small ${i}`, 8 * KB);
    for (let i = 0; i < 3; i++) waiting(all, `large ${i}`, 6 * MB);
    const late = all.open(() => {});
    let attempts = 1;
    while (!late.raiseTo(6 * MB)) attempts++;
    expect(attempts).toBe(3);
    expect(endedOnes()).toEqual(['large 0']);
  });
});
