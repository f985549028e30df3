import { Code, ConnectError } from '@connectrpc/connect';
import { beforeEach, describe, expect, it } from 'vitest';
import { BadRequestSchema } from '../src/generated/google/rpc/error_details_pb.js';
import { Sync } from '../src/generated/presence/v1/events_service_pb.js';
import { note, versions } from './support/collection-changes.js';
import {
  CollectionWorld,
  event,
  rejectedToken,
  unavailable,
  user,
} from './support/collection-world.js';
import { told } from './support/fake-service.js';
import { settled } from './support/manual-timers.js';
import { tokenNumber } from './support/tokens.js';

describe('A collection of presences', () => {
  let world: CollectionWorld;
  beforeEach(() => (world = new CollectionWorld()));

  it('resumes from its last token, and does not show users again who have left', async () => {
    const lobby = await world.live();
    world.service.subscription.send(
      told({ events: [event(user('ann', 3)), event(user('ann', 4, ''))] }),
    );
    await settled();
    expect(lobby.has('ann')).toBe(false);
    const changes = note(lobby);
    await world.breakOff();
    expect(world.service.subscription.request.resumeToken).toBe('t1');
    expect(lobby.state.value).toMatchObject({ status: 'stale', error: { code: 'unavailable' } });
    const again = [user('ann', 3), user('ann', 4, ''), user('bob', 6)].map(event);
    world.service.subscription.send(told({ events: again }));
    world.service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't2' }));
    await settled();
    expect(lobby.state.value).toEqual({ status: 'live' });
    expect(changes).toEqual(['bob 2 -> 6 requested']);
    await world.breakOff();
    expect(world.service.subscription.request.resumeToken).toBe('t2');
  });

  it('shows the old state until the new snapshot is complete, and then reports the differences', async () => {
    const lobby = await world.live();
    const changes = note(lobby);
    await world.breakOff();
    world.service.subscription.send(told({ sync: Sync.RESET }));
    world.service.subscription.send(told({ snapshot: [user('bob', 2), user('cat', 7)] }));
    world.service.subscription.send(
      told({ events: [event(user('dan', 8))], resumeToken: 'too early' }),
    );
    await settled();
    expect(versions(lobby)).toBe('ann 1, bob 2');
    expect(lobby.state.value).toEqual({ status: 'stale' });
    expect(changes).toEqual([]);
    world.service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't9' }));
    await settled();
    expect(versions(lobby)).toBe('bob 2, cat 7, dan 8');
    expect(changes).toEqual(['ann 1 -> - snapshot', 'cat - -> 7 snapshot', 'dan - -> 8 snapshot']);
  });

  it('accepts a new snapshot also if a version in it is older, because the service may have lost state', async () => {
    const lobby = await world.live();
    world.service.subscription.send(told({ sync: Sync.RESET, snapshot: [user('bob', 1)] }));
    world.service.subscription.send(told({ sync: Sync.CURRENT }));
    await settled();
    expect(versions(lobby)).toBe('bob 1');
  });

  it('drops an incomplete snapshot and keeps the old state', async () => {
    const lobby = await world.live();
    world.service.subscription.send(
      told({ sync: Sync.RESET, snapshot: [user('cat', 7)], resumeToken: 't5' }),
    );
    await world.breakOff();
    expect(world.service.subscription.request.resumeToken).toBe('t1');
    world.service.subscription.send(told({ events: [event(user('bob', 3))], sync: Sync.CURRENT }));
    await settled();
    expect(versions(lobby)).toBe('ann 1, bob 3');
  });

  it('starts again if another service issued its token', async () => {
    const lobby = await world.live();
    const fieldViolations = [{ field: 'resume_token', description: 'is not a token' }];
    const details = [{ desc: BadRequestSchema, value: { fieldViolations } }];
    world.service.failNext(
      'subscribe',
      new ConnectError('no', Code.InvalidArgument, undefined, details),
    );
    await world.breakOff();
    expect(world.service.subscription.request.resumeToken).toBe('');
    world.service.subscription.send(told({ snapshot: [user('cat', 1)], sync: Sync.CURRENT }));
    await settled();
    expect(versions(lobby)).toBe('cat 1');
  });

  it('requests a new token each time the old one has expired', async () => {
    await world.live();
    await world.breakOff(rejectedToken());
    world.service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't2' }));
    await settled();
    await world.breakOff(rejectedToken());
    expect(world.service.subscriptions.map(({ token }) => token)).toEqual(
      [1, 2, 3].map(tokenNumber),
    );
  });

  it('stays live while its token is renewed, and reports the changes of that time', async () => {
    const lobby = await world.live();
    const states: string[] = [];
    lobby.state.subscribe(({ status }) => states.push(status));
    const changes = note(lobby);
    for (const version of [3, 4]) {
      await world.timers.pass(20_000);
      await world.breakOff(rejectedToken());
      const events = [event(user('ann', version))];
      world.service.subscription.send(
        told({ events, sync: Sync.CURRENT, resumeToken: `t${version}` }),
      );
      await settled();
    }
    await world.timers.pass(10_000);
    expect(states).toEqual(['live']);
    expect(changes).toEqual(['ann 1 -> 3 requested', 'ann 3 -> 4 requested']);
    lobby.close();
  });

  it('is stale when the renewal of its token takes more than 2 seconds, and says why', async () => {
    const lobby = await world.live();
    world.service.subscription.fail(rejectedToken());
    await world.timers.pass(1999);
    expect(lobby.state.value).toEqual({ status: 'live' });
    await world.timers.pass(1);
    expect(lobby.state.value).toMatchObject({
      status: 'stale',
      error: { code: 'unauthenticated' },
    });
    world.service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't2' }));
    await settled();
    expect(lobby.state.value).toEqual({ status: 'live' });
    lobby.close();
  });

  it('is stale at once if the renewal of its token fails, or if it missed events', async () => {
    const lobby = await world.live();
    world.service.failNext('subscribe', unavailable());
    await world.breakOff(rejectedToken());
    expect(lobby.state.value).toMatchObject({ status: 'stale', error: { code: 'unavailable' } });
    world.service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't2' }));
    await settled();
    await world.breakOff(rejectedToken());
    world.service.subscription.send(told({ sync: Sync.RESET }));
    await settled();
    expect(lobby.state.value).toEqual({ status: 'stale' });
    lobby.close();
    await settled();
    expect(world.timers.size).toBe(0);
  });

  it('is closed if it is rejected, and keeps its last state', async () => {
    const lobby = await world.live();
    world.service.subscription.fail(new ConnectError('no', Code.PermissionDenied));
    await world.timers.pass(60_000);
    expect(lobby.state.value).toMatchObject({ status: 'closed', reason: 'permission-denied' });
    expect(versions(lobby)).toBe('ann 1, bob 2');
    expect(world.timers.size).toBe(0);
  });

  it('is stale after a silence, and reconnects', async () => {
    const lobby = await world.live();
    await world.timers.pass(45_000);
    expect(lobby.state.value).toMatchObject({ status: 'stale' });
    await world.timers.pass(250);
    expect(world.service.subscriptions).toHaveLength(2);
    expect(world.service.subscriptions[0]!.isOver).toBe(true);
  });

  it('stays loading while it cannot complete, and reports the reason', async () => {
    world.service.failNext('subscribe', unavailable());
    const lobby = world.watch();
    await settled();
    expect(lobby.state.value).toMatchObject({ status: 'loading', error: { code: 'unavailable' } });
    await world.timers.pass(250);
    expect(world.service.subscriptions).toHaveLength(1);
  });
});
