import { expect, it } from 'vitest';
import { EventWorld } from '../../test/support/events.js';
import { connect, join } from '../../test/support/play.js';
import { EventCounters } from './event-counters.js';

it('events are counted by kind, until the server stops', async () => {
  const world = new EventWorld();
  const counters = new EventCounters(world.store);
  await world.happen('ann', connect('s'));
  await world.happen('ann', join('s', 'lobby'));
  expect(counters.counts).toMatchObject({ USER_ONLINE: 1, USER_CHANNEL_CHANGED: 1 });
  counters.onApplicationShutdown();
  await world.happen('ben', connect('t'));
  expect(counters.counts.USER_ONLINE).toBe(1);
});
