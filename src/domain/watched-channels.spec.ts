import { describe, expect, it, vi } from 'vitest';
import fc from '../../test/support/seeded-fast-check.js';
import { restrictedViewer } from '../../test/support/viewers.js';
import { unknownPresence } from './presence.js';
import { eventsFor, presenceSeenBy, type Viewed } from './visibility.js';
import { watchedAmong } from './watched-channels.js';

const CHANNELS = Array.from({ length: 1000 }, (_, i) => `room-${i}`);

function inChannels(otherChannelIds: readonly string[], version = 1): Viewed {
  const shown = {
    ...unknownPresence('ann'),
    ...({ status: 'ONLINE', channelId: 'lobby', otherChannelIds, version } as const),
  };
  return { shown, groups: [], hiddenFrom: new Map() };
}

describe('The channels of a list that a viewer may watch', () => {
  it('are in the order of the list', () => {
    const mayWatch = (channelId: string): boolean => channelId.endsWith('7');
    const list = ['room-7', 'room-3', 'room-17', 'room-27'];
    for (let i = 0; i < 2; i++)
      expect(watchedAmong(mayWatch, list)).toEqual(['room-7', 'room-17', 'room-27']);
    expect(watchedAmong(() => true, list)).toBe(list);
    expect(watchedAmong(() => false, list)).toEqual([]);
  });

  it.each([
    ['none', (): boolean => false],
    ['some', (channelId: string): boolean => channelId.endsWith('7')],
    ['all', (): boolean => true],
  ])('are evaluated once for all presences that share the list, if they are %s', (_, rule) => {
    const mayWatch = vi.fn(rule);
    const viewer = { ...restrictedViewer('eve', { groups: [] }), mayWatch };
    const list = CHANNELS.map((channelId) => channelId);
    const [before, after] = [inChannels(list), inChannels(list, 2)];
    for (let i = 0; i < 10; i++) {
      presenceSeenBy(viewer, before);
      eventsFor(viewer, before, after, 0, 'REQUESTED');
    }
    // The current channel is not part of the list.
    const others = mayWatch.mock.calls.filter(([channelId]) => channelId !== 'lobby');
    expect(others).toHaveLength(CHANNELS.length);
  });

  it('are evaluated only for new channels after others were joined or left', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(30), { maxLength: 20 }),
        fc.uniqueArray(fc.nat(30), { maxLength: 20 }),
        fc.func(fc.boolean()),
        (...[before, after, rule]) => {
          const mayWatch = (id: string): boolean => rule(id);
          for (const list of [before, after].map((ids) => ids.map(String)))
            expect(watchedAmong(mayWatch, list)).toEqual(list.filter((id) => rule(id)));
        },
      ),
    );
    const mayWatch = vi.fn((channelId: string) => channelId.endsWith('7'));
    const watched = CHANNELS.filter((channelId) => channelId.endsWith('7'));
    const checkedIn = (list: readonly string[]): number => {
      mayWatch.mockClear();
      expect(watchedAmong(mayWatch, list)).toEqual(list.filter((id) => id.endsWith('7')));
      return mayWatch.mock.calls.length;
    };
    expect(checkedIn(CHANNELS)).toBe(1000);
    expect(watchedAmong(mayWatch, CHANNELS)).toEqual(watched);
    expect(checkedIn([...CHANNELS, 'lobby'])).toBe(1);
    expect(checkedIn([...CHANNELS.toSpliced(7, 1), 'lobby', 'attic'])).toBe(1);
    expect(checkedIn([...CHANNELS.slice(0, 100), ...CHANNELS.slice(150)])).toBe(1);
  });

  it('are not shared by viewers with other rights', () => {
    const list = ['attic', 'vault'];
    expect(watchedAmong((id) => id === 'attic', list)).toEqual(['attic']);
    expect(watchedAmong((id) => id === 'vault', list)).toEqual(['vault']);
  });

  it('are forgotten before they take more than a fixed amount of memory', () => {
    let checks = 0;
    const mayWatch = (channelId: string): boolean => {
      checks++;
      return channelId !== 'room-0';
    };
    const first = [...CHANNELS];
    watchedAmong(mayWatch, first);
    watchedAmong(mayWatch, first);
    expect(checks).toBe(1000);
    for (let i = 0; i < 1000; i++) watchedAmong(mayWatch, [...CHANNELS]);
    // Another list before it, with which it has nothing in common.
    watchedAmong(mayWatch, ['lobby']);
    checks = 0;
    expect(watchedAmong(mayWatch, first)).toHaveLength(999);
    expect(checks).toBe(1000);
  });
});
