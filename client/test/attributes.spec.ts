import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { createPresenceClient, type SessionOptions } from '@presence-service/client';
import { beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import { BadRequestSchema } from '../src/generated/google/rpc/error_details_pb.js';
import { PresenceSchema } from '../src/generated/presence/v1/presence_pb.js';
import { presenceOf } from '../src/presence.js';
import { draining, FakeService } from './support/fake-service.js';
import { ManualTimers, settled } from './support/manual-timers.js';
import { tokenNumber } from './support/tokens.js';

const unavailable = (): ConnectError => new ConnectError('out of reach', Code.Unavailable);
const noRoom = (field = 'attributes'): ConnectError =>
  new ConnectError('too many attributes', Code.InvalidArgument, undefined, [
    { desc: BadRequestSchema, value: { fieldViolations: [{ field, description: 'full' }] } },
  ]);

interface Mine {
  readonly doc?: string;
  readonly typing?: string;
}

describe('The attributes of a session', () => {
  let timers: ManualTimers;
  let service: FakeService;
  beforeEach(() => {
    timers = new ManualTimers();
    service = new FakeService(() => timers.now());
  });

  async function online(options?: SessionOptions<Mine>) {
    const { transport } = service;
    let tokens = 0;
    const client = createPresenceClient<Mine>({
      transport,
      token: () => tokenNumber(++tokens),
      timers,
      random: () => 1,
    });
    const session = client.connect(options);
    await session.ready;
    return session;
  }

  async function loseAndReturn(): Promise<void> {
    service.session.fail(unavailable());
    await timers.pass(250);
  }

  it('have the type that the program gave them', async () => {
    const session = await online();
    expectTypeOf(session.presence!.attributes.doc).toEqualTypeOf<string | undefined>();
    // @ts-expect-error The type has no such key.
    await session.setAttributes({ dog: 'rex' });
    session.close();
  });

  it('are sent when it starts, and changed by commands', async () => {
    const session = await online({ attributes: { doc: 'plan' } });
    expect(service.session.request.attributes).toEqual({ doc: 'plan' });
    await session.setAttributes({ doc: 'report', typing: undefined });
    await session.setAttributes({ typing: 'yes' }, { expiresInMs: 1500, passive: true });
    expect(service.heard).toEqual([
      'updateAttributes s1 doc=report -typing',
      'updateAttributes s1 typing=yes for 1500 passive',
    ]);
    session.close();
  });

  it('are sent again when it reconnects, those that expire with the time that is left', async () => {
    const session = await online({ attributes: { doc: 'plan' } });
    await session.setAttributes({ doc: 'report' });
    await session.setAttributes({ typing: 'yes' }, { expiresInMs: 1000 });
    service.heard.length = 0;
    await loseAndReturn();
    expect(service.session.request.attributes).toEqual({ doc: 'report' });
    expect(service.heard).toEqual(['updateAttributes s2 typing=yes for 750 passive']);
    await timers.pass(750);
    await loseAndReturn();
    expect(service.session.request.attributes).toEqual({ doc: 'report' });
    expect(service.heard).toHaveLength(1);
    session.close();
  });

  it('are not sent again when they were removed', async () => {
    const session = await online({ attributes: { doc: 'plan' } });
    await session.setAttributes({ doc: undefined });
    await loseAndReturn();
    expect(service.session.request.attributes).toEqual({});
    session.close();
  });

  it('are not sent again when the service rejected them', async () => {
    const session = await online();
    service.failNext('updateAttributes', noRoom('set'));
    await expect(session.setAttributes({ doc: 'plan' })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    await loseAndReturn();
    expect(service.session.request.attributes).toEqual({});
    session.close();
  });

  it('move with it, also those that were set while it moved, before the old session ends', async () => {
    const session = await online({ attributes: { doc: 'plan' } });
    service.failNext('updateAttributes', unavailable());
    const done = session.setAttributes({ doc: 'report' });
    await settled();
    service.session.send(draining(0));
    await timers.pass(100);
    expect(service.session.request.attributes).toEqual({ doc: 'plan' });
    expect(service.sessions.map(({ isOver }) => isOver)).toEqual([false, false]);
    await timers.pass(1000);
    await done;
    expect(service.heard).toEqual([
      'updateAttributes s1 doc=report',
      'updateAttributes s1 doc=report',
      'updateAttributes s2 doc=report passive',
    ]);
    expect(service.sessions.map(({ isOver }) => isOver)).toEqual([true, false]);
    session.close();
  });

  it('are given up when the service has no room for them after a reconnect', async () => {
    const session = await online({ attributes: { doc: 'plan' } });
    service.failNext('connect', noRoom());
    await loseAndReturn();
    expect(session.state.value.status).toBe('online');
    expect(service.session.request.attributes).toEqual({});
    session.close();
  });

  it('close the session if the service rejects those of the start', async () => {
    service.failNext('connect', noRoom());
    await expect(online({ attributes: { doc: 'plan' } })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });

  it('may have any name that the contract allows', async () => {
    const attributes = JSON.parse('{"__proto__":"a","constructor":"b"}') as Mine;
    const session = await online({ attributes });
    expect(Object.entries(service.session.request.attributes)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    await session.setAttributes(JSON.parse('{"__proto__":"c"}') as Mine);
    expect(service.heard).toEqual(['updateAttributes s1 __proto__=c']);
    await loseAndReturn();
    expect(Object.entries(service.session.request.attributes)).toEqual([
      ['__proto__', 'c'],
      ['constructor', 'b'],
    ]);
    session.close();
  });
});

describe('The attributes of a presence', () => {
  it('have only the keys that were set', () => {
    const attributes = JSON.parse('{"__proto__":"a","doc":"plan"}') as Record<string, string>;
    const presence = presenceOf(create(PresenceSchema, { attributes }));
    expect(Object.entries(presence.attributes)).toEqual([
      ['__proto__', 'a'],
      ['doc', 'plan'],
    ]);
    expect(presence.attributes['constructor']).toBeUndefined();
    expect(presenceOf(create(PresenceSchema)).attributes['toString']).toBeUndefined();
  });
});
