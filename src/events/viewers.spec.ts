import { describe, expect, it } from 'vitest';
import { useFakeTimers } from '../../test/support/fake-timers.js';
import { expectedOf } from '../../test/support/expected-events.js';
import {
  onWire,
  received,
  beliefOf,
  playOut,
  expectTrueBelief,
} from '../../test/support/random-viewers.js';

useFakeTimers();

describe('A subscriber', () => {
  it('receives exactly the differences that it sees, with any rights and any filter', async () => {
    await playOut(false, (world, subscriber) => {
      const commits = world.commits.slice(subscriber.since);
      const expected = commits.flatMap((commit) => expectedOf(subscriber, commit));
      expect(received(subscriber)).toEqual(expected.map(onWire));
    });
  });

  it('knows at the end everything that it may see, and nothing else', async () => {
    await playOut(false, (world, subscriber) => {
      expectTrueBelief(world, subscriber, beliefOf(subscriber.reader));
    });
  });

  it('receives at least the latest event of each user with DELIVERY_LATEST when it lags', async () => {
    await playOut(true, (world, subscriber) => {
      const commits = world.commits.slice(subscriber.since);
      const latest = new Map(
        commits
          .flatMap((commit) => expectedOf(subscriber, commit))
          .map((event) => [event.presence.userId, onWire(event)]),
      );
      const last = new Map(received(subscriber).map((each) => [each.presence!.userId, each]));
      expect(last).toEqual(latest);
      expectTrueBelief(world, subscriber, beliefOf(subscriber.reader));
    });
  });
});
