import type { ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PresenceEvent } from '../../src/api/generated/presence/v1/events_service.pb.js';
import {
  StatusChoice,
  type UpdateAttributesRequest,
} from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { richStatusOf } from '../support/bad-request.js';
import { grpcChannel } from '../support/channel.js';
import type { Client, OpenSession } from '../support/client.js';
import { EVERY_PROTOCOL, HttpChannel } from '../support/http-channel.js';
import { inWords, statusOf } from '../support/in-words.js';
import { httpAddress, Service, tokenOf } from '../support/service.js';
import { connectWatched, type WatchedUser } from '../support/watched-user.js';

type Attributes = Readonly<Record<string, string>>;
const IDLE_MS = 300_000;

/** The keys that changed, and all attributes afterwards. */
function brief({ presence, change }: PresenceEvent): unknown {
  return [change?.value, Object.fromEntries(presence!.attributes)];
}

describe('The attributes of a user', () => {
  let service: Service;
  let reader: Client;
  beforeAll(async () => {
    service = await Service.start({
      IDLE_TIMEOUT_MS: `${IDLE_MS}`,
      MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '99',
    });
    reader = await service.client('reader', { isAdmin: true });
  });
  afterAll(() => service.stop());

  interface User extends WatchedUser {
    /** Updates attributes of the first session. */
    readonly update: Update;
  }

  type Update = (
    set: Attributes,
    options?: Partial<Omit<UpdateAttributesRequest, 'set'>>,
  ) => ReturnType<Client['updateAttributes']>;

  /** Connects a user, and a subscriber that has received its online event. */
  async function connect(userId: string): Promise<User> {
    const user = await connectWatched(service, reader, userId);
    return { ...user, update: updateOf(user.client, user) };
  }

  function updateOf(client: Client, { sessionId }: OpenSession): Update {
    return (set, options = {}) =>
      client.updateAttributes({ sessionId, set: new Map(Object.entries(set)), ...options });
  }

  async function attributesOf(userId: string): Promise<Attributes> {
    const { presence } = await reader.getPresence({ userId });
    return Object.fromEntries(presence!.attributes);
  }

  it('are set and removed by a session, and announced with the keys that changed', async () => {
    const { update, watcher } = await connect('ann');
    await update({ doc: 'plan', cursor: '7' });
    const { presence } = await update({ doc: 'budget', zoom: '2' }, { remove: ['cursor', 'doc'] });
    expect(await attributesOf('ann')).toEqual({ doc: 'budget', zoom: '2' });
    await update({}, { remove: ['doc', 'zoom'] });
    const events = await watcher.nextEvents(3);
    expect(events.map(inWords)).toEqual(Array(3).fill('userAttributesChanged REQUESTED'));
    expect(events.map(brief)).toEqual([
      [{ keys: ['cursor', 'doc'] }, { cursor: '7', doc: 'plan' }],
      [{ keys: ['cursor', 'doc', 'zoom'] }, { doc: 'budget', zoom: '2' }],
      [{ keys: ['doc', 'zoom'] }, {}],
    ]);
    expect(events[1]?.presence).toEqual(presence);
  });

  it('are not announced by an update that changes nothing', async () => {
    const { update, watcher } = await connect('ben');
    const { presence } = await update({ doc: 'plan' });
    const again = await update({ doc: 'plan' }, { remove: ['never-there'] });
    expect(again.presence).toEqual(presence);
    await update({ doc: 'other' });
    expect((await watcher.nextEvents(2)).map(brief)).toEqual([
      [{ keys: ['doc'] }, { doc: 'plan' }],
      [{ keys: ['doc'] }, { doc: 'other' }],
    ]);
  });

  it('may be set with Connect, so that the user comes online with them', async () => {
    const watcher = reader.subscribe({ userIds: ['cid'] });
    await watcher.beginning();
    const client = await service.client('cid');
    const { started } = await client.connect({ attributes: new Map([['doc', 'plan']]) });
    expect(started.session?.attributes).toEqual(new Map([['doc', 'plan']]));
    const events = await watcher.nextEvents(2);
    expect(events.map(inWords)).toEqual([
      'userOnline CONNECTED',
      'userAttributesChanged CONNECTED',
    ]);
    expect(events[0]?.presence).toEqual(started.presence);
    const { sessions } = await client.listSessions();
    expect(sessions[0]?.attributes).toEqual(new Map([['doc', 'plan']]));
  });

  it('are merged over the sessions: the later value counts until its session ends', async () => {
    const { client, update, watcher } = await connect('dee');
    const other = await client.connect();
    await update({ doc: 'plan', zoom: '1' });
    await updateOf(client, other)({ doc: 'budget', font: 'big' });
    expect(await attributesOf('dee')).toEqual({ doc: 'budget', font: 'big', zoom: '1' });
    await client.endSession({ sessionId: other.sessionId });
    expect(await attributesOf('dee')).toEqual({ doc: 'plan', zoom: '1' });
    await updateOf(client, await client.connect())({}, { remove: ['doc'] });
    expect(await attributesOf('dee')).toEqual({ doc: 'plan', zoom: '1' });
    const events = (await watcher.nextEvents(3)).map(inWords);
    expect(events[2]).toBe('userAttributesChanged SESSION_ENDED');
  });

  it('end with the last session', async () => {
    const { update, watcher, stream } = await connect('eva');
    await update({ doc: 'plan' });
    stream.cancel();
    const events = await watcher.nextEvents(3);
    expect(events.slice(1).map(inWords)).toEqual([
      'userAttributesChanged DISCONNECTED',
      'userOffline DISCONNECTED',
    ]);
    expect(events[1]!.change?.value).toEqual({ keys: ['doc'] });
    expect(await attributesOf('eva')).toEqual({});
    const back = await (await service.client('eva')).connect();
    expect(back.started.presence?.attributes).toEqual(new Map());
  });

  it('expire after expires_in without another call', async () => {
    const { update, watcher } = await connect('fay');
    await update({ doc: 'plan' });
    await update({ typing: 'yes' }, { expiresIn: { seconds: 5, nanos: 500_000_000 } });
    await service.passTime(5499);
    expect(await attributesOf('fay')).toEqual({ doc: 'plan', typing: 'yes' });
    await service.passTime(1);
    expect(await attributesOf('fay')).toEqual({ doc: 'plan' });
    const events = await watcher.nextEvents(3);
    expect(events.map(inWords)[2]).toBe('userAttributesChanged ATTRIBUTE_EXPIRED');
    expect(brief(events[2]!)).toEqual([{ keys: ['typing'] }, { doc: 'plan' }]);
  });

  it('are renewed by the same value, which is not announced', async () => {
    const { update, watcher } = await connect('gus');
    const expiresIn = { seconds: 5, nanos: 0 };
    const { presence } = await update({ typing: 'yes' }, { expiresIn });
    for (let i = 0; i < 3; i++) {
      await service.passTime(4000);
      const renewed = await update({ typing: 'yes' }, { expiresIn });
      expect(renewed.presence?.version).toBe(presence?.version);
    }
    await service.passTime(4999);
    expect(await attributesOf('gus')).toEqual({ typing: 'yes' });
    await service.passTime(1);
    expect((await watcher.nextEvents(2)).map(inWords)).toEqual([
      'userAttributesChanged REQUESTED',
      'userAttributesChanged ATTRIBUTE_EXPIRED',
    ]);
  });

  it('stop expiring when they are set without expires_in', async () => {
    const { update } = await connect('hal');
    await update({ typing: 'yes' }, { expiresIn: { seconds: 5, nanos: 0 } });
    await update({ typing: 'yes' });
    await service.passTime(10_000);
    expect(await attributesOf('hal')).toEqual({ typing: 'yes' });
  });

  it('count as activity unless the update is passive', async () => {
    const { update, watcher } = await connect('ida');
    await service.passTime(IDLE_MS);
    const passive = await update({ doc: 'plan' }, { isPassive: true });
    expect(statusOf(passive.presence)).toBe('IDLE');
    const active = await update({ doc: 'budget' });
    expect(statusOf(active.presence)).toBe('ONLINE');
    expect((await watcher.nextEvents(4)).map(inWords)).toEqual([
      'userStatusChanged IDLE',
      'userAttributesChanged REQUESTED',
      'userStatusChanged ACTIVE',
      'userAttributesChanged REQUESTED',
    ]);
  });

  it('are hidden with INVISIBLE, and shown again afterwards', async () => {
    const { client, sessionId, update, watcher } = await connect('jan');
    await update({ doc: 'plan' });
    await client.updateStatus({ sessionId, choice: StatusChoice.STATUS_CHOICE_INVISIBLE });
    await update({ doc: 'secret' });
    expect(await attributesOf('jan')).toEqual({});
    await client.updateStatus({ sessionId, choice: StatusChoice.STATUS_CHOICE_AUTOMATIC });
    const events = await watcher.nextEvents(5);
    expect(events.slice(1).map(inWords)).toEqual([
      'userAttributesChanged DISCONNECTED',
      'userOffline DISCONNECTED',
      'userOnline CONNECTED',
      'userAttributesChanged CONNECTED',
    ]);
    expect(JSON.stringify(events.slice(0, 3).map(brief))).not.toContain('secret');
    expect(await attributesOf('jan')).toEqual({ doc: 'secret' });
  });

  it('show one result of many updates at once, of which none is lost', async () => {
    const { client, update, watcher } = await connect('kit');
    const others = await Promise.all(Array.from({ length: 3 }, () => client.connect()));
    const updates = [update, ...others.map((other) => updateOf(client, other))];
    const keys = Array.from({ length: 20 }, (_, i) => `key-${i + 10}`);
    await Promise.all(keys.map((key, i) => updates[i % 4]!({ [key]: 'set', last: key })));
    const events = await watcher.nextEvents(20);
    const seen = Object.fromEntries(events.at(-1)!.presence!.attributes);
    expect(await attributesOf('kit')).toEqual(seen);
    expect(Object.keys(seen)).toEqual([...keys, 'last']);
  });

  describe('have limits', () => {
    /** Returns the fields that a rejected call names. */
    async function fieldsOf(call: Promise<unknown>): Promise<readonly string[]> {
      const error = await call.then(
        () => undefined,
        (reason: unknown) => reason as ServiceError,
      );
      return error === undefined ? [] : richStatusOf(error).violations.map(({ field }) => field);
    }

    it('for all sessions together, which the error names as the field of the request', async () => {
      const { client, update } = await connect('lou');
      const other = await client.connect();
      const many = (from: number, to: number): Attributes =>
        Object.fromEntries(Array.from({ length: to - from }, (_, i) => [`k${from + i}`, 'v']));
      await update(many(0, 20));
      await updateOf(client, other)(many(20, 32));
      expect(await fieldsOf(update({ another: '' }))).toEqual(['set']);
      const attributes = new Map([['another', '']]);
      const refused = client.openSession({ attributes });
      expect(richStatusOf(await refused.ended).violations).toMatchObject([{ field: 'attributes' }]);
      // Other values for known keys, and keys instead of removed ones, need no more room.
      await update({ k31: 'other', another: '' }, { remove: ['k0'] });
      expect(Object.keys(await attributesOf('lou'))).toHaveLength(32);
    });

    it('for bytes, not characters', async () => {
      const { update } = await connect('mia');
      await update({ a: '€'.repeat(341) });
      expect(await fieldsOf(update({ a: '€'.repeat(342) }))).toEqual(['set']);
      const kib = 'x'.repeat(1023);
      await update({ a: kib, b: kib, c: kib, d: kib });
      expect(await fieldsOf(update({ e: '' }))).toEqual(['set']);
      expect(Object.keys(await attributesOf('mia'))).toEqual(['a', 'b', 'c', 'd']);
    });
  });

  it.each(['gRPC', ...EVERY_PROTOCOL])(
    'may have the names of built-in properties as keys, over %s',
    async (protocol) => {
      const userId = `proto over ${protocol}`;
      const isGrpc = protocol === 'gRPC';
      const client = service.clientWithToken(
        await tokenOf(userId),
        service.addresses((ports) => (isGrpc ? ports.grpcAddress : httpAddress(ports))),
        (address) =>
          isGrpc ? grpcChannel(address) : new HttpChannel(address, [protocol] as never),
      );
      const watcher = reader.subscribe({ userIds: [userId] });
      await watcher.beginning();
      const all = new Map([
        ['__proto__', 'a'],
        ['constructor', 'b'],
        ['hasOwnProperty', 'c'],
        ['toString', 'd'],
      ]);
      const { sessionId, started } = await client.connect({ attributes: new Map(all) });
      expect(started.presence?.attributes).toEqual(all);
      expect(started.session?.attributes).toEqual(all);
      const changed = new Map([['__proto__', 'z']]);
      const { presence } = await client.updateAttributes({
        sessionId,
        set: changed,
        remove: ['constructor'],
      });
      expect(presence?.attributes).toEqual(
        new Map([
          ['__proto__', 'z'],
          ['hasOwnProperty', 'c'],
          ['toString', 'd'],
        ]),
      );
      const events = await watcher.nextEvents(3);
      expect(events[2]?.presence).toEqual(presence);
      expect(events[2]?.change?.value).toEqual({ keys: ['__proto__', 'constructor'] });
      expect((await client.getPresence({ userId })).presence).toEqual(presence);
    },
  );
});
