import { describe, expect, it, vi } from 'vitest';
import { useFakeTimers } from '../../test/support/fake-timers.js';
import fc, { runs } from '../../test/support/seeded-fast-check.js';
import { EventWorld } from '../../test/support/events.js';
import {
  viewers,
  anyFilter,
  received,
  beliefOf,
  happen,
  turn,
  letGoOn,
  subscribe,
  expectTrueBelief,
} from '../../test/support/random-viewers.js';

useFakeTimers();

describe('A subscriber that resumes', () => {
  const histories = fc.array(happen, { maxLength: 25, size: 'max' });
  const access = { visibility: 'groups', channelAccess: 'granted' } as const;

  it('knows at the end everything that it may see, also if it reads slowly meanwhile', async () => {
    const pieces = fc.array(fc.oneof({ weight: 3, arbitrary: happen }, turn, letGoOn), {
      maxLength: 25,
      size: 'max',
    });
    const scenario = fc.record({
      viewer: fc.constantFrom(...viewers),
      filter: anyFilter,
      latestOnly: fc.boolean(),
      parts: fc.tuple(histories, histories, pieces),
    });
    await fc.assert(
      fc.asyncProperty(
        scenario,
        async ({ viewer, filter, latestOnly, parts: [before, missed, later] }) => {
          const world = new EventWorld({ access });
          for (const deed of before) await deed(world, []);
          const first = await subscribe(world, viewer, filter, { latestOnly });
          first.reader.subscription!.unsubscribe();
          for (const deed of missed) await deed(world, []);
          const resumeToken = first.reader.lastToken;
          const second = await subscribe(world, viewer, filter, {
            ...{ resumeToken, latestOnly },
            credits: 0,
          });
          for (const deed of later) await deed(world, [second]);
          second.reader.letGoOn(Infinity);
          vi.runAllTimers();
          expectTrueBelief(world, second, beliefOf(second.reader, beliefOf(first.reader)));
        },
      ),
      { numRuns: runs(300) },
    );
  });

  it('knows at the end everything that it may see, and has received no other user', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...viewers),
        anyFilter,
        histories,
        histories,
        async (viewer, filter, before, missed) => {
          const world = new EventWorld({ access });
          for (const deed of before) await deed(world, []);
          const first = await subscribe(world, viewer, filter);
          first.reader.subscription!.unsubscribe();
          for (const deed of missed) await deed(world, []);
          const resumeToken = first.reader.lastToken;
          const second = await subscribe(world, viewer, filter, { resumeToken });
          vi.runAllTimers();
          expect(second.reader.hasBeenReset).toBe(false);
          const known = beliefOf(first.reader);
          expectTrueBelief(world, second, beliefOf(second.reader, known));
          if (viewer.groups === undefined) return;
          const view = world.store.view.for(viewer);
          for (const { presence, change } of received(second)) {
            if (view.presence(presence!.userId).version > 0) continue;
            // The end of the visibility of a user whom the reader saw, with nothing that it did not know.
            const last = known.get(presence!.userId)!;
            expect(last.connectedAt).toBeDefined();
            expect(presence).toMatchObject({ connectedAt: undefined, channelIds: [] });
            if (change?.$case === 'userChannelChanged')
              expect(change.value.leftChannelIds).toEqual(last.channelIds);
          }
        },
      ),
      { numRuns: runs(300) },
    );
  });
});
