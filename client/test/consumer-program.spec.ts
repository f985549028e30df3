import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Code } from '@connectrpc/connect';
import { ConsumerWorld, muted, tokenIn, unavailable } from './support/consumer-world.js';
import { rejection, revoked } from './support/fake-service.js';
import { settled } from './support/manual-timers.js';

describe('A consumer', () => {
  let world: ConsumerWorld;
  beforeEach(() => (world = new ConsumerWorld()));
  afterEach(() => world.close());

  describe('whose program is slow', () => {
    it('hands over all that has arrived meanwhile as one batch, never two at a time', async () => {
      await world.live();
      world.isHeld = true;
      await world.send({ events: [muted('ann', 2)], resumeToken: 't2' });
      await world.send({ events: [muted('ann', 3)], resumeToken: 't3' });
      await world.send({ events: [muted('bob', 4)], resumeToken: 't4' });
      expect(world.calls).toEqual(['ann mute-changed 2; at t2']);
      world.release();
      await settled();
      expect(world.calls.slice(1)).toEqual([
        'save t2',
        'ann mute-changed 3; bob mute-changed 4; at t4',
      ]);
    });

    it('stops reading the stream while 1000 events wait', async () => {
      await world.live();
      world.isHeld = true;
      let version = 2;
      const hundred = () => ({
        events: Array.from({ length: 100 }, () => muted('ann', version++)),
        resumeToken: `t${version}`,
      });
      for (let i = 0; i < 50; i++) await world.send(hundred());
      // One batch is being handled, ten messages wait, and one more has been read.
      const read = 50 - world.service.subscription.unread;
      expect(read).toBeGreaterThan(10);
      expect(read).toBeLessThan(20);
      world.isHeld = false;
      world.release();
      await settled();
      expect(world.service.subscription.unread).toBe(0);
      expect(world.calls.flatMap((call) => [...call.matchAll(/mute-changed/g)])).toHaveLength(5000);
    });
  });

  describe('whose program fails', () => {
    it('hands over the same batch again, with pauses, and skips nothing', async () => {
      const consumer = await world.live();
      const bug = new Error('the database is down');
      world.errors.onEvents = [bug, bug];
      await world.send({ events: [muted('ann', 2)], resumeToken: 't2' });
      const failing = { status: 'retrying', callback: 'onEvents', error: bug };
      expect(consumer.state.value).toEqual({ ...failing, retryInMs: 250 });
      await world.send({ events: [muted('ann', 3)], resumeToken: 't3' });
      await world.timers.pass(250);
      expect(consumer.state.value).toEqual({ ...failing, retryInMs: 500 });
      await world.timers.pass(500);
      expect(consumer.state.value).toEqual({ status: 'live' });
      const batch = 'ann mute-changed 2; at t2';
      expect(world.calls).toEqual([
        batch,
        batch,
        batch,
        'save t2',
        'ann mute-changed 3; at t3',
        'save t3',
      ]);
    });

    it('handles a function that throws at once like a promise that rejects', async () => {
      let attempts = 0;
      const onEvents = (): void => {
        if (++attempts === 2) throw new Error('a bug');
      };
      await world.live({ onEvents });
      await world.send({ events: [muted('ann', 2)], resumeToken: 't2' });
      await world.timers.pass(250);
      expect(attempts).toBe(3);
      expect(world.calls).toEqual(['save t2']);
    });

    it('saves a position again before the next batch', async () => {
      const consumer = await world.live();
      world.errors.save = [new Error('the disk is full')];
      await world.send({ events: [muted('ann', 2)], resumeToken: 't2' });
      await world.send({ events: [muted('ann', 3)], resumeToken: 't3' });
      expect(consumer.state.value).toMatchObject({ status: 'retrying', callback: 'save' });
      await world.timers.pass(250);
      expect(world.calls).toEqual([
        'ann mute-changed 2; at t2',
        'save t2',
        'save t2',
        'ann mute-changed 3; at t3',
        'save t3',
      ]);
    });

    it('loads its position again before it connects', async () => {
      world.errors.load = [new Error('the database is down')];
      const consumer = world.consume();
      await settled();
      expect(consumer.state.value).toMatchObject({ status: 'retrying', callback: 'load' });
      expect(world.service.subscriptions).toHaveLength(0);
      await world.timers.pass(250);
      expect(world.service.subscriptions).toHaveLength(1);
      expect(consumer.state.value).toEqual({ status: 'loading' });
    });

    it('does not take a position that is no text for none', async () => {
      const consumer = world.consume({ position: { load: () => 7 as never, save: () => {} } });
      await settled();
      expect(consumer.state.value).toMatchObject({
        status: 'retrying',
        error: { code: 'invalid-argument' },
      });
      expect(world.service.subscriptions).toHaveLength(0);
    });

    it('says that the program fails rather than that the connection is lost', async () => {
      const consumer = await world.live();
      world.errors.onEvents = [new Error('once'), new Error('twice')];
      await world.send({ events: [muted('ann', 2)], resumeToken: 't2' });
      world.service.subscription.fail(unavailable());
      await settled();
      expect(consumer.state.value.status).toBe('retrying');
    });
  });

  describe('that is stopped', () => {
    it('waits for the batch in progress and saves its position', async () => {
      const consumer = await world.live();
      world.isHeld = true;
      await world.send({ events: [muted('ann', 2)], resumeToken: 't2' });
      await world.send({ events: [muted('ann', 3)], resumeToken: 't3' });
      let isStopped = false;
      const stopped = consumer.stop().then(() => (isStopped = true));
      await settled();
      expect(isStopped).toBe(false);
      expect(world.service.subscription.isOver).toBe(true);
      world.release();
      await stopped;
      await consumer.done;
      expect(world.calls).toEqual(['ann mute-changed 2; at t2', 'save t2']);
      expect(consumer.state.value).toMatchObject({ status: 'closed', reason: 'closed' });
      expect(world.timers.size).toBe(0);
    });

    it('does not repeat a batch that fails now', async () => {
      const consumer = await world.live();
      world.isHeld = true;
      world.errors.onEvents = [new Error('a bug')];
      await world.send({ events: [muted('ann', 2)], resumeToken: 't2' });
      const stopped = consumer.stop();
      world.release();
      await stopped;
      await consumer.done;
      expect(world.calls).toEqual(['ann mute-changed 2; at t2']);
      expect(tokenIn(world.stored!)).toBe('t1');
    });

    it('ends at once in the pause before it calls the program again', async () => {
      const consumer = await world.live();
      world.errors.onEvents = [new Error('a bug')];
      await world.send({ events: [muted('ann', 2)], resumeToken: 't2' });
      await consumer.stop();
      expect(world.calls).toEqual(['ann mute-changed 2; at t2']);
      expect(world.timers.size).toBe(0);
    });

    it('does not wait for a load that never ends', async () => {
      const consumer = world.consume({
        position: { load: () => new Promise<string>(() => {}), save: () => {} },
      });
      await settled();
      await consumer.stop();
      await consumer.done;
      expect(world.service.subscriptions).toHaveLength(0);
    });

    it.each([
      ['its signal', 'cancelled'],
      ['the client', 'closed'],
      ['using', 'closed'],
    ])('ends without an error by %s', async (means, reason) => {
      const controller = new AbortController();
      const consumer = await world.live({ signal: controller.signal });
      if (means === 'its signal') controller.abort();
      else if (means === 'the client') world.client.close();
      else consumer[Symbol.dispose]();
      await consumer.done;
      expect(consumer.state.value).toMatchObject({ status: 'closed', reason });
      await consumer.stop();
      expect(world.timers.size).toBe(0);
    });
  });

  describe('that the service refuses', () => {
    it('hands over what it has, and ends with the error', async () => {
      const consumer = await world.live({ channels: ['lobby'] });
      world.isHeld = true;
      await world.send({ events: [muted('ann', 2)], resumeToken: 't2' });
      await world.send({ events: [muted('ann', 3)], resumeToken: 't3' });
      world.service.subscription.fail(rejection(Code.PermissionDenied, 'CHANNEL_NOT_GRANTED'));
      await settled();
      expect(consumer.state.value).not.toMatchObject({ status: 'closed' });
      world.isHeld = false;
      world.release();
      await expect(consumer.done).rejects.toMatchObject({ reason: 'CHANNEL_NOT_GRANTED' });
      expect(world.calls.slice(-2)).toEqual(['ann mute-changed 3; at t3', 'save t3']);
      expect(consumer.state.value).toMatchObject({ status: 'closed', reason: 'permission-denied' });
      expect(world.timers.size).toBe(0);
    });

    it('ends when a second token is revoked, too', async () => {
      const consumer = await world.live();
      world.service.subscription.fail(revoked());
      world.service.failNext('subscribe', revoked(), revoked());
      await world.timers.pass(10_000);
      await expect(consumer.done).rejects.toMatchObject({ reason: 'TOKEN_REVOKED' });
    });
  });
});
