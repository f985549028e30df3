import { describe, expect, it, vi } from 'vitest';
import { useFakeTimers } from '../../test/support/fake-timers.js';
import { EventWorld } from '../../test/support/events.js';
import { connect, hideFrom, join, mute } from '../../test/support/play.js';
import { restrictedViewer } from '../../test/support/viewers.js';
import { unrestrictedViewer, type Viewer } from '../domain/viewer.js';

useFakeTimers();

/** The tokens that a viewer receives without events, while users whom it does not see act or do not. */
async function tokensOf(viewer: Viewer, isActive: boolean): Promise<readonly string[]> {
  const world = new EventWorld();
  await world.happen('ann', connect('a'));
  await world.happen('ann', hideFrom('eve'));
  vi.runAllTimers();
  const reader = await world.subscribe({}, { viewer });
  const second: string[] = [];
  for (let i = 0; i < 4; i++) {
    if (isActive) await world.happen('ann', i % 2 === 0 ? join('a', 'lobby') : mute('a', {}));
    vi.runAllTimers();
    world.clock.advance(60_000);
    world.fanOut.runMaintenance();
    second.push((await world.subscribe({}, { viewer })).lastToken);
  }
  expect(reader.events).toEqual([]);
  return [...second, ...reader.messages.map(({ resumeToken }) => resumeToken)];
}

describe('A viewer', () => {
  it.each<[string, Viewer]>([
    ['from whom a user hides', unrestrictedViewer('eve')],
    ['who sees nobody', restrictedViewer('zed', { groups: [], channels: [] })],
  ])('%s cannot tell from the tokens whether anything happened', async (_, viewer) => {
    for (const isActive of [true, false]) {
      const tokens = await tokensOf(viewer, isActive);
      expect(tokens).toHaveLength(9);
      expect(new Set(tokens).size).toBe(tokens.length);
    }
  });
});
