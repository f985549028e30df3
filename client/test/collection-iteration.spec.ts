import type { Change, PresenceCollection } from '@presence-service/client';
import { from, type Subscription as RxSubscription } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { inWords, note } from './support/collection-changes.js';
import { CollectionWorld, event, user } from './support/collection-world.js';
import { told } from './support/fake-service.js';
import { settled } from './support/manual-timers.js';

/** Counts the listeners from now on. */
function countListeners(source: PresenceCollection['changes']): { readonly count: number } {
  const listeners = { count: 0 };
  const { subscribe } = source;
  source.subscribe = (observer) => {
    const subscription = subscribe.call(source, observer);
    listeners.count++;
    return {
      unsubscribe: () => {
        listeners.count--;
        subscription.unsubscribe();
      },
    };
  };
  return listeners;
}

describe('A collection of presences', () => {
  let world: CollectionWorld;
  beforeEach(() => (world = new CollectionWorld()));

  describe('as an iterator', () => {
    it('yields every change to a fast loop, and ends the loop when it is closed', async () => {
      const lobby = await world.live();
      const changes: string[] = [];
      const loop = (async () => {
        for await (const change of lobby.changes) changes.push(inWords(change));
      })();
      for (const version of [3, 4]) {
        world.service.subscription.send(told({ events: [event(user('ann', version))] }));
        await settled();
      }
      lobby.close();
      await loop;
      expect(changes).toEqual(['ann 1 -> 3 requested', 'ann 3 -> 4 requested']);
    });

    it('yields the changes of a user as one to a slow loop', async () => {
      const lobby = await world.live();
      const changes = lobby.changes[Symbol.asyncIterator]();
      const first = changes.next();
      for (const version of [3, 4, 5, 6]) {
        world.service.subscription.send(told({ events: [event(user('ann', version))] }));
        await settled();
      }
      expect(inWords((await first).value as Change)).toBe('ann 1 -> 3 requested');
      expect(inWords((await changes.next()).value as Change)).toBe('ann 3 -> 6 requested');
      await changes.return?.();
    });

    it('ends at once, also while it waits, and unsubscribes', async () => {
      const lobby = await world.live();
      const listeners = countListeners(lobby.changes);
      const changes = lobby.changes[Symbol.asyncIterator]();
      const next = [changes.next(), changes.next()];
      expect(listeners.count).toBe(1);
      const over = { done: true, value: undefined };
      expect(await changes.return?.()).toEqual(over);
      expect(await Promise.all(next)).toEqual([over, over]);
      expect(listeners.count).toBe(0);
      expect(await changes.next()).toEqual(over);
      expect(listeners.count).toBe(0);
    });

    it('ends at once before it has begun', async () => {
      const lobby = await world.live();
      const listeners = countListeners(lobby.changes);
      const changes = lobby.changes[Symbol.asyncIterator]();
      await changes.return?.();
      expect(await changes.next()).toMatchObject({ done: true });
      expect(listeners.count).toBe(0);
    });

    it('answers each of several concurrent next() calls', async () => {
      const lobby = await world.live();
      const changes = lobby.changes[Symbol.asyncIterator]();
      const answers = [changes.next(), changes.next(), changes.next()];
      const events = [event(user('ann', 3)), event(user('bob', 4))];
      world.service.subscription.send(told({ events }));
      await settled();
      lobby.close();
      const [first, second, third] = await Promise.all(answers);
      expect([first, second].map((answer) => inWords(answer!.value as Change))).toEqual([
        'ann 1 -> 3 requested',
        'bob 2 -> 4 requested',
      ]);
      expect(third).toEqual({ done: true, value: undefined });
    });
  });

  describe('in RxJS', () => {
    it('has its changes and its state taken by from()', async () => {
      const lobby = await world.live();
      const seen: string[] = [];
      const subscriptions: RxSubscription[] = [
        from(lobby.changes).subscribe((change) => seen.push(inWords(change))),
        from(lobby.state).subscribe({
          next: ({ status }) => seen.push(status),
          complete: () => seen.push('complete'),
        }),
      ];
      world.service.subscription.send(told({ events: [event(user('ann', 3))] }));
      await settled();
      subscriptions[0]!.unsubscribe();
      world.service.subscription.send(told({ events: [event(user('ann', 4))] }));
      await settled();
      lobby.close();
      await settled();
      expect(seen).toEqual(['live', 'ann 1 -> 3 requested', 'closed', 'complete']);
    });
  });

  it('ends its stream, leaves no timer and emits nothing after it is closed', async () => {
    const lobby = await world.live();
    const changes = note(lobby);
    lobby.close();
    lobby[Symbol.dispose]();
    await settled();
    expect(world.service.subscription.isOver).toBe(true);
    expect(world.timers.size).toBe(0);
    expect(changes).toEqual([]);
    expect(lobby.state.value).toMatchObject({ status: 'closed', reason: 'closed' });
  });

  it('is never ready if it is closed before it is complete', async () => {
    const controller = new AbortController();
    const lobby = world.watch({ signal: controller.signal });
    controller.abort();
    await expect(lobby.ready).rejects.toMatchObject({ code: 'cancelled' });
    expect(world.timers.size).toBe(0);
  });
});
