import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { TimeSlice } from '../timers/time-slice.js';
import { MAX_BATCH_BYTES, MAX_BATCH_EVENTS } from './batch.js';
import type { Outcome } from './receiver.js';
import { DeliveryWorld } from '../../test/support/delivery-world.js';

describe('The delivery of a partition', () => {
  let world: DeliveryWorld;
  let pause: MockInstance<TimeSlice['next']>;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    vi.spyOn(Math, 'random').mockReturnValue(1);
    pause = vi.spyOn(TimeSlice.prototype, 'next').mockResolvedValue();
    world = new DeliveryWorld();
    await world.start();
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('sends events that follow one another quickly in one request', async () => {
    await world.commit(3);
    expect(world.requests.map((request) => world.versionsOf(request))).toEqual([[1, 2, 3]]);
  });

  it('lets other work of the event loop come first, so that the batches of many partitions form no long slice', async () => {
    let goOn = (): void => {};
    pause.mockReturnValue(new Promise((resolve) => (goOn = resolve)));
    await world.commit();
    expect(world.requests).toEqual([]);
    goOn();
    await vi.advanceTimersByTimeAsync(0);
    expect(world.requests).toHaveLength(1);
  });

  it('sends the next batch only when the receiver has accepted the one before, and the position is stored', async () => {
    await world.commit(1);
    await world.commit(2);
    expect(world.requests).toHaveLength(1);
    world.renewal = new Error('Redis does not respond');
    await world.requests[0]!.result('2xx');
    expect(world.errors).toEqual([world.renewal]);
    expect(world.requests).toHaveLength(1);
    world.renewal = 'held';
    await vi.advanceTimersByTimeAsync(1000);
    expect(world.stored.map((position) => position!.seq)).toEqual([1]);
    await vi.advanceTimersByTimeAsync(50);
    expect(world.versionsOf(world.requests[1]!)).toEqual([2, 3]);
  });

  it('collects events again after a request, so that a steady stream of events needs few requests', async () => {
    await world.commit(1);
    await world.commit(1);
    await world.requests[0]!.result('2xx');
    expect(world.requests).toHaveLength(1);
    await world.commit(2);
    expect(world.versionsOf(world.requests[1]!)).toEqual([2, 3, 4]);
  });

  it('sends the next batch at once after a full one', async () => {
    await world.commit(MAX_BATCH_EVENTS + 1);
    await world.requests[0]!.result('2xx');
    expect(world.versionsOf(world.requests[1]!)).toEqual([MAX_BATCH_EVENTS + 1]);
  });

  it('sends an event that is committed just after it has found nothing', async () => {
    const next = world.feed.next.bind(world.feed);
    vi.spyOn(world.feed, 'next').mockImplementationOnce(async () => {
      const nothing = await next();
      void Promise.resolve().then(() => world.commit());
      return nothing;
    });
    world.delivery.wake();
    await vi.advanceTimersByTimeAsync(200);
    expect(world.versionsOf(world.requests[0]!)).toEqual([1]);
  });

  it.each<Outcome>(['3xx', '4xx', '5xx', 'timeout', 'unreachable'])(
    'repeats the same batch after %s, with growing pauses',
    async (outcome) => {
      await world.commit(1);
      for (const pause of [2000, 4000, 8000]) {
        const { batch, result } = world.requests.at(-1)!;
        await result(outcome);
        const before = world.requests.length;
        await vi.advanceTimersByTimeAsync(pause - 1);
        expect(world.requests).toHaveLength(before);
        await vi.advanceTimersByTimeAsync(1);
        expect(world.requests).toHaveLength(before + 1);
        expect(world.requests.at(-1)!.batch).toBe(batch);
      }
      await world.requests.at(-1)!.result('2xx');
      expect(world.stored.map((position) => position!.seq)).toEqual([1]);
      await world.commit(1);
      await world.requests.at(-1)!.result(outcome);
      await vi.advanceTimersByTimeAsync(2000);
      expect(world.versionsOf(world.requests.at(-1)!), 'the pauses begin anew').toEqual([2]);
      expect(world.requests).toHaveLength(6);
    },
  );

  it('waits as long as the receiver asks', async () => {
    await world.commit(1);
    await world.requests[0]!.result('5xx', 60_000);
    await vi.advanceTimersByTimeAsync(59_999);
    expect(world.requests).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(world.requests).toHaveLength(2);
  });

  it('tries again at once when the receiver has accepted a batch of another partition', async () => {
    await world.commit(1);
    await world.requests[0]!.result('5xx', 60_000);
    world.delivery.retryNow();
    await vi.advanceTimersByTimeAsync(0);
    expect(world.requests).toHaveLength(2);
  });

  it('holds one batch and reads nothing more, however much happens while the receiver does not respond', async () => {
    await world.commit(500);
    const reads = vi.spyOn(world.log, 'at');
    const { batch } = world.requests[0]!;
    for (let i = 0; i < 50; i++) await world.commit(1000);
    expect(reads.mock.calls.length, 'the log itself looks at each entry it drops').toBeGreaterThan(
      0,
    );
    reads.mockClear();
    world.delivery.wake();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(reads).not.toHaveBeenCalled();
    expect(world.requests).toHaveLength(1);
    expect(world.delivery.inFlight).toBe(batch);
    expect(batch.events).toBe(MAX_BATCH_EVENTS);
    expect(batch.body.length).toBeLessThanOrEqual(MAX_BATCH_BYTES);
    // The events that the log has dropped in the meantime are reported as a gap.
    await world.requests[0]!.result('2xx');
    expect(JSON.parse(world.requests[1]!.batch.body)).toMatchObject([
      { type: 'presence.v1.gap' },
      { data: { presence: { version: '49501' } } },
      ...Array.from({ length: 98 }, () => ({})),
    ]);
  });

  it('delivers nothing more after 410, and keeps its lease', async () => {
    await world.commit(1);
    await world.requests[0]!.result('410');
    await world.commit(5);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(world.requests).toHaveLength(1);
    expect([world.hasEnded, world.released]).toEqual([false, []]);
    world.delivery.drain();
    await vi.advanceTimersByTimeAsync(0);
    expect(world.requests).toHaveLength(1);
    expect(world.released.map((position) => position!.seq)).toEqual([0]);
  });

  it('ends after the request in flight when another node waits for the lease', async () => {
    await world.commit(1);
    await world.commit(1);
    world.renewal = 'wanted';
    await world.delivery.renew();
    expect(world.hasEnded).toBe(false);
    await world.requests[0]!.result('2xx');
    expect(world.hasEnded).toBe(true);
    expect(world.released.map((position) => position!.seq)).toEqual([1]);
    expect(world.requests).toHaveLength(1);
  });

  it('ends at once when it has lost the lease, and stores nothing', async () => {
    await world.commit(1);
    world.renewal = 'lost';
    await world.delivery.renew();
    await vi.advanceTimersByTimeAsync(0);
    expect(world.requests[0]!.signal.aborted).toBe(true);
    expect([world.hasEnded, world.released]).toEqual([true, []]);
  });

  it('sends nothing with a lease that may have expired, until it is renewed', async () => {
    world.isValid = false;
    world.renewal = new Error('Redis does not respond');
    await world.commit(1);
    expect([world.requests, world.errors]).toEqual([[], [world.renewal]]);
    world.renewal = 'held';
    world.isValid = true;
    await vi.advanceTimersByTimeAsync(1000);
    expect(world.versionsOf(world.requests[0]!)).toEqual([1]);
  });

  it('delivers what is left when the node stops', async () => {
    await world.commit(1);
    await world.commit(150);
    world.delivery.drain();
    for (let i = 0; i < 3; i++) await world.requests.at(-1)!.result('2xx');
    expect(world.hasEnded).toBe(true);
    expect(world.requests).toHaveLength(3);
    expect(world.released.map((position) => position!.seq)).toEqual([151]);
  });

  it('ends with a request that fails when the node stops', async () => {
    await world.commit(1);
    await world.requests[0]!.result('5xx');
    world.delivery.drain();
    await vi.advanceTimersByTimeAsync(0);
    await world.requests[1]!.result('5xx');
    expect(world.hasEnded).toBe(true);
    expect(world.released.map((position) => position!.seq)).toEqual([0]);
  });
});
