import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Timestamp } from '../../src/api/generated/google/protobuf/timestamp.pb.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { timestampMessage } from '../../src/api/proto-mappers.js';
import type { Client } from '../support/client.js';
import { inWords, statusOf } from '../support/in-words.js';
import { presenceOf } from '../support/reads.js';
import { Service } from '../support/service.js';
import { connectWatched, type WatchedUser } from '../support/watched-user.js';

const IDLE_MS = 300_000;
const {
  STATUS_CHOICE_AUTOMATIC: AUTOMATIC,
  STATUS_CHOICE_DO_NOT_DISTURB: DO_NOT_DISTURB,
  STATUS_CHOICE_AWAY: AWAY,
} = StatusChoice;

describe('The status of a user', () => {
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

  const connect = (userId: string): Promise<WatchedUser> => connectWatched(service, reader, userId);

  async function statusNow(userId: string): Promise<string> {
    return statusOf(await presenceOf(reader, userId));
  }

  function inTime(ms: number): Timestamp {
    return timestampMessage(service.clock.now() + ms);
  }

  describe.each([
    ['DO_NOT_DISTURB', DO_NOT_DISTURB],
    ['AWAY', AWAY],
  ])('with %s', (name, choice) => {
    it('keeps that status, and never becomes IDLE', async () => {
      const { client, sessionId, watcher } = await connect(`ida ${name}`);
      const { presence } = await client.updateStatus({ sessionId, choice, statusText: 'busy' });
      expect(statusOf(presence)).toBe(name);
      const event = await watcher.nextEvent();
      expect(inWords(event)).toBe('userStatusChanged REQUESTED');
      expect(event.presence).toEqual(presence);
      expect(presence?.statusText).toBe('busy');
      await service.passTime(2 * IDLE_MS);
      expect(await statusNow(`ida ${name}`)).toBe(name);
      await client.updateStatus({ sessionId, choice: AUTOMATIC });
      const back = await watcher.nextEvent();
      expect([inWords(back), statusOf(back.presence)]).toEqual([
        'userStatusChanged REQUESTED',
        'ONLINE',
      ]);
      expect(back.presence?.statusText).toBe('');
    });

    it('remains over the sessions of the user, who is OFFLINE without one', async () => {
      const userId = `jon ${name}`;
      const { client, sessionId, stream, watcher } = await connect(userId);
      await client.updateStatus({ sessionId, choice, statusText: 'busy' });
      await watcher.nextEvent();
      stream.cancel();
      const offline = await watcher.nextEvent();
      expect(statusOf(offline.presence)).toBe('OFFLINE');
      expect(offline.presence?.statusText).toBe('');
      const { started } = await client.connect();
      expect(statusOf(started.presence)).toBe(name);
      expect(started.presence?.statusText).toBe('busy');
      const online = await watcher.nextEvent();
      expect([inWords(online), statusOf(online.presence)]).toEqual(['userOnline CONNECTED', name]);
    });

    it('expires together with its text', async () => {
      const userId = `kai ${name}`;
      const { client, sessionId, watcher } = await connect(userId);
      const expiresAt = inTime(1000);
      await client.updateStatus({ sessionId, choice, statusText: 'lunch', expiresAt });
      await watcher.nextEvent();
      await service.passTime(999);
      expect(await statusNow(userId)).toBe(name);
      await service.passTime(1);
      const event = await watcher.nextEvent();
      expect(inWords(event)).toBe('userStatusChanged STATUS_EXPIRED');
      expect(statusOf(event.presence)).toBe('ONLINE');
      expect(event.presence?.statusText).toBe('');
    });

    it('leaves a user IDLE whose idle timeout ended before it expires', async () => {
      const { client, sessionId, watcher } = await connect(`lou ${name}`);
      await client.updateStatus({ sessionId, choice, expiresAt: inTime(IDLE_MS + 1) });
      await service.passTime(IDLE_MS + 1);
      const [, expired] = await watcher.nextEvents(2);
      expect(inWords(expired!)).toBe('userStatusChanged STATUS_EXPIRED');
      expect(statusOf(expired?.presence)).toBe('IDLE');
    });
  });

  describe('text', () => {
    it('may be set with AUTOMATIC, up to 128 characters of any script', async () => {
      const { client, sessionId, watcher } = await connect('mia');
      const statusText = '🎧'.repeat(128);
      const { presence } = await client.updateStatus({ sessionId, choice: AUTOMATIC, statusText });
      expect(presence?.statusText).toBe(statusText);
      const event = await watcher.nextEvent();
      expect(event.presence?.statusText).toBe(statusText);
      expect(event.change).toEqual({
        $case: 'userStatusChanged',
        value: { previousStatus: event.presence?.status },
      });
    });

    it('expires alone if the choice is AUTOMATIC', async () => {
      const { client, sessionId, watcher } = await connect('nia');
      const request = { sessionId, choice: AUTOMATIC, statusText: 'hi', expiresAt: inTime(10) };
      await client.updateStatus(request);
      await service.passTime(10);
      const events = await watcher.nextEvents(2);
      expect(events.map(inWords)).toEqual([
        'userStatusChanged REQUESTED',
        'userStatusChanged STATUS_EXPIRED',
      ]);
    });

    it('is not announced again if it does not change', async () => {
      const { client, sessionId, watcher } = await connect('oli');
      const request = { sessionId, choice: AWAY, statusText: 'lunch' };
      const { presence } = await client.updateStatus(request);
      expect((await client.updateStatus(request)).presence).toEqual(presence);
      await client.updateStatus({ ...request, statusText: '' });
      const events = await watcher.nextEvents(2);
      expect(events.map((event) => event.presence?.statusText)).toEqual(['lunch', '']);
    });
  });

  describe('that expires', () => {
    it('is replaced by a later choice with its own expiry', async () => {
      const { client, sessionId } = await connect('pia');
      await client.updateStatus({ sessionId, choice: AWAY, expiresAt: inTime(1000) });
      await client.updateStatus({ sessionId, choice: DO_NOT_DISTURB, expiresAt: inTime(2000) });
      await service.passTime(1000);
      expect(await statusNow('pia')).toBe('DO_NOT_DISTURB');
      await service.passTime(1000);
      expect(await statusNow('pia')).toBe('ONLINE');
      await client.updateStatus({ sessionId, choice: AWAY, expiresAt: inTime(1000) });
      await client.updateStatus({ sessionId, choice: AWAY });
      await service.passTime(1000);
      expect(await statusNow('pia')).toBe('AWAY');
    });

    it('expires also while the user is not connected', async () => {
      const { client, sessionId, stream, watcher } = await connect('quin');
      await client.updateStatus({ sessionId, choice: AWAY, expiresAt: inTime(1000) });
      stream.cancel();
      await watcher.nextEvents(2);
      await service.passTime(1000);
      expect(statusOf((await client.connect()).started.presence)).toBe('ONLINE');
    });
  });
});
