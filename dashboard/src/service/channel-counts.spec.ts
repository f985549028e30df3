import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PresenceClient } from '#client';
import { ChannelCounts } from './channel-counts.js';

/** A watch of counts whose values the test sends. */
class FakeWatch {
  isClosed = false;
  readonly state = { value: { status: 'live' } };
  send: (counts: readonly object[]) => void = () => {};

  constructor(readonly channelIds: readonly string[]) {}

  subscribe(listener: (counts: readonly object[]) => void): void {
    this.send = listener;
  }

  close(): void {
    this.isClosed = true;
  }
}

describe('The counts of the visible channels', () => {
  const watches: FakeWatch[] = [];
  const changed = vi.fn();
  let counts: ChannelCounts;
  beforeEach(() => {
    vi.useFakeTimers();
    changed.mockClear();
    watches.length = 0;
    const watchCounts = (channelIds: readonly string[]): FakeWatch => {
      const watch = new FakeWatch(channelIds);
      watches.push(watch);
      return watch;
    };
    counts = new ChannelCounts({ watchCounts } as unknown as PresenceClient, changed);
  });
  afterEach(() => void vi.useRealTimers());

  it('are those of the service', () => {
    counts.show(['lobby', 'garden']);
    vi.runAllTimers();
    expect(counts.totalOf('lobby')).toBeUndefined();
    watches[0]!.send([
      { channelId: 'lobby', total: 2 },
      { channelId: 'garden', total: 0 },
    ]);
    expect([counts.totalOf('lobby'), counts.totalOf('garden'), counts.totalOf('bar')]).toEqual([
      2,
      0,
      undefined,
    ]);
    expect(changed).toHaveBeenCalledOnce();
  });

  it('are requested when the list is not scrolled any more, in place of the earlier ones', () => {
    counts.show(['a']);
    counts.show(['b']);
    vi.runAllTimers();
    counts.show(['c']);
    vi.runAllTimers();
    expect(watches.map(({ channelIds, isClosed }) => [channelIds, isClosed])).toEqual([
      [['b'], true],
      [['c'], false],
    ]);
  });

  it('are unknown while the connection is lost', () => {
    counts.show(['lobby']);
    vi.runAllTimers();
    watches[0]!.send([{ channelId: 'lobby', total: 2 }]);
    watches[0]!.state.value = { status: 'reconnecting' };
    expect(counts.totalOf('lobby')).toBeUndefined();
  });

  it('are not requested for no channels, which would count all users', () => {
    counts.show(['lobby']);
    vi.runAllTimers();
    counts.show([]);
    vi.runAllTimers();
    expect(watches.map(({ isClosed }) => isClosed)).toEqual([true]);
  });
});
