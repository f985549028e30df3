import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Code, ConnectError } from '@connectrpc/connect';
import { BadRequestSchema } from '../src/generated/google/rpc/error_details_pb.js';
import { Sync } from '../src/generated/presence/v1/events_service_pb.js';
import { ConsumerWorld, muted, tokenIn, user } from './support/consumer-world.js';
import { settled } from './support/manual-timers.js';

describe('A consumer', () => {
  let world: ConsumerWorld;
  beforeEach(() => (world = new ConsumerWorld()));
  afterEach(() => world.close());

  describe('after a restart of the program', () => {
    it('continues at the saved position', async () => {
      await (await world.live()).stop();
      world.consume();
      await settled();
      expect(world.service.subscription.request.resumeToken).toBe('t1');
      await world.send({ events: [muted('ann', 2)] }, { sync: Sync.CURRENT, resumeToken: 't2' });
      expect(world.calls).toEqual(['load', 'ann mute-changed 2; at t2', 'save t2']);
    });

    it('begins with a snapshot if the filter is another one, in any respect', async () => {
      await (await world.live({ channels: ['lobby'] })).stop();
      for (const other of [
        { channels: ['garden'] },
        { channels: ['lobby', 'garden'] },
        { users: ['lobby'] },
        { groups: ['lobby'] },
        { channels: ['lobby'], kinds: ['online'] },
      ] as const) {
        world.calls.length = 0;
        const consumer = world.consume({
          ...other,
          position: { load: () => world.stored, save: () => {} },
        });
        await settled();
        expect(world.service.subscription.request.resumeToken).toBe('');
        await world.send({ sync: Sync.CURRENT, resumeToken: 't2' });
        expect(world.calls).toEqual(['filter-changed: ; at t2']);
        await consumer.stop();
      }
    });

    it('continues if only the order of the filter is another one', async () => {
      await (await world.live({ channels: ['lobby', 'garden'] })).stop();
      world.consume({ channels: ['garden', 'lobby', 'garden'] });
      await settled();
      expect(world.service.subscription.request.resumeToken).toBe('t1');
    });

    it.each(['t1', '1.zz.t1', '2.0123456789abcdef.t1', '1.0123456789abcdef.'])(
      'begins with a snapshot if the position is not one of its own: %s',
      async (position) => {
        world.consume({ position: { load: () => position, save: () => {} } });
        await settled();
        await world.send({ sync: Sync.CURRENT, resumeToken: 't2' });
        expect(world.calls).toEqual(['position-lost: ; at t2']);
      },
    );
  });

  describe('whose position the service has lost', () => {
    it('hands over a snapshot as a reset, together with the events after it', async () => {
      const consumer = await world.live();
      await world.breakOff();
      world.isHeld = true;
      await world.send({ sync: Sync.RESET }, { snapshot: [user('bob', 5)] });
      expect(consumer.state.value).toEqual({ status: 'stale' });
      expect(world.calls).toEqual([]);
      await world.send(
        { sync: Sync.CURRENT, resumeToken: 't9' },
        { events: [muted('bob', 6)], resumeToken: 't10' },
      );
      expect(world.calls).toEqual(['position-lost: bob 5; at t9']);
      expect(tokenIn(world.stored!)).toBe('t1');
      world.release();
      await settled();
      expect(world.calls.slice(1)).toEqual(['save t9', 'bob mute-changed 6; at t10']);
    });

    it('keeps the old position until the snapshot is complete', async () => {
      await world.live();
      await world.breakOff();
      await world.send({ sync: Sync.RESET }, { snapshot: [user('bob', 5)], resumeToken: 't9' });
      await world.breakOff();
      expect(world.service.subscription.request.resumeToken).toBe('t1');
      await world.send({ sync: Sync.RESET }, { snapshot: [user('cat', 7)] });
      await world.send({ sync: Sync.CURRENT, resumeToken: 't11' });
      expect(world.calls).toEqual(['position-lost: cat 7; at t11', 'save t11']);
    });

    it('hands over the events before a reset first', async () => {
      await world.live();
      world.isHeld = true;
      await world.send({ events: [muted('ann', 2)], resumeToken: 't2' });
      await world.send(
        { events: [muted('ann', 3)], resumeToken: 't3' },
        { events: [muted('ann', 4)] },
      );
      await world.send({ sync: Sync.RESET }, { snapshot: [user('bob', 5)] });
      await world.send({ sync: Sync.CURRENT, resumeToken: 't9' });
      world.isHeld = false;
      world.release();
      await settled();
      expect(world.calls).toEqual([
        'ann mute-changed 2; at t2',
        'save t2',
        'ann mute-changed 3; ann mute-changed 4; at t3',
        'save t3',
        'position-lost: bob 5; at t9',
        'save t9',
      ]);
    });

    it('begins with a snapshot if the service does not understand the position', async () => {
      await (await world.live()).stop();
      const details = {
        desc: BadRequestSchema,
        value: { fieldViolations: [{ field: 'resume_token', description: 'is malformed' }] },
      };
      world.service.failNext(
        'subscribe',
        new ConnectError('invalid', Code.InvalidArgument, undefined, [details]),
      );
      const consumer = world.consume();
      await world.timers.pass(1000);
      expect(world.service.subscription.request.resumeToken).toBe('');
      await world.send({ sync: Sync.CURRENT, resumeToken: 't2' });
      expect(world.calls).toEqual(['load', 'position-lost: ; at t2', 'save t2']);
      expect(consumer.state.value).toEqual({ status: 'live' });
    });
  });
});
