import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { timestampMessage } from '../../src/api/proto-mappers.js';
import type { Client } from '../support/client.js';
import { inWords, msOf, statusOf } from '../support/in-words.js';
import { presenceOf } from '../support/reads.js';
import { Service } from '../support/service.js';

const HOUR_MS = 3_600_000;
const IDLE_MS = 300_000;
const {
  STATUS_CHOICE_AUTOMATIC: AUTOMATIC,
  STATUS_CHOICE_DO_NOT_DISTURB: DO_NOT_DISTURB,
  STATUS_CHOICE_AWAY: AWAY,
  STATUS_CHOICE_INVISIBLE: INVISIBLE,
} = StatusChoice;

describe('A status that a backend sets', () => {
  let service: Service;
  let backend: Client;
  beforeAll(async () => {
    service = await Service.start({
      IDLE_TIMEOUT_MS: `${IDLE_MS}`,
      MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '99',
    });
    backend = await service.client('calendar', { isAdmin: true });
  });
  afterAll(() => service.stop());

  async function watch(userId: string) {
    const watcher = backend.subscribe({ userIds: [userId] });
    await watcher.beginning();
    return watcher;
  }

  it('is shown of a connected user until it expires', async () => {
    const ann = await (await service.client('ann')).connect();
    const watcher = await watch('ann');
    const { presence, choices } = await backend.updateStatus({
      userId: 'ann',
      choice: DO_NOT_DISTURB,
      statusText: 'In a meeting',
      expiresAt: timestampMessage(service.clock.now() + HOUR_MS),
    });
    expect([statusOf(presence), presence?.statusText]).toEqual(['DO_NOT_DISTURB', 'In a meeting']);
    // The choices of a user are only for the clients of that user.
    expect(choices).toBeUndefined();
    const { body } = await ann.stream.next();
    expect(body).toMatchObject({
      $case: 'choices',
      value: { status: { choice: DO_NOT_DISTURB, statusText: 'In a meeting' } },
    });
    await service.passTime(HOUR_MS);
    const events = await watcher.nextEvents(2);
    expect(events.map(inWords)).toEqual([
      'userStatusChanged MODERATED',
      'userStatusChanged STATUS_EXPIRED',
    ]);
    expect(events[0]?.presence).toEqual(presence);
    expect(events[1]?.presence).toMatchObject({ statusText: '' });
  });

  it.each(['never seen', 'not connected'])('waits for a user who was %s', async (userId) => {
    if (userId === 'not connected') {
      const client = await service.client(userId);
      const { sessionId, stream } = await client.connect();
      await client.endSession({ sessionId });
      await stream.ended;
    }
    const before = await presenceOf(backend, userId);
    const { presence } = await backend.updateStatus({
      userId,
      choice: AWAY,
      statusText: 'On holiday',
    });
    expect(statusOf(presence)).toBe('OFFLINE');
    expect(statusOf(await presenceOf(backend, userId))).toBe('OFFLINE');
    expect(msOf((await presenceOf(backend, userId)).lastActiveAt)).toBe(msOf(before.lastActiveAt));
    const { started } = await (await service.client(userId)).connect();
    expect([statusOf(started.presence), started.presence?.statusText]).toEqual([
      'AWAY',
      'On holiday',
    ]);
  });

  it('lapses for a user who is not connected', async () => {
    await backend.updateStatus({
      userId: 'cid',
      choice: AWAY,
      statusText: 'On holiday',
      expiresAt: timestampMessage(service.clock.now() + HOUR_MS),
    });
    await service.passTime(HOUR_MS);
    const { started } = await (await service.client('cid')).connect();
    expect([statusOf(started.presence), started.presence?.statusText]).toEqual(['ONLINE', '']);
  });

  it('is no activity', async () => {
    await (await service.client('dee')).connect();
    const { lastActiveAt } = await presenceOf(backend, 'dee');
    await service.passTime(IDLE_MS);
    await backend.updateStatus({ userId: 'dee', choice: AUTOMATIC, statusText: 'In a meeting' });
    const after = await presenceOf(backend, 'dee');
    expect(statusOf(after)).toBe('IDLE');
    expect(after.lastActiveAt).toEqual(lastActiveAt);
  });

  it('hides and shows a user as the user’s own choice does', async () => {
    await (await service.client('eva')).connect();
    const watcher = await watch('eva');
    const { presence } = await backend.updateStatus({ userId: 'eva', choice: INVISIBLE });
    expect(statusOf(presence)).toBe('OFFLINE');
    await backend.updateStatus({ userId: 'eva', choice: AUTOMATIC });
    expect((await watcher.nextEvents(2)).map(inWords)).toEqual([
      'userOffline DISCONNECTED',
      'userOnline CONNECTED',
    ]);
  });

  it('can be replaced by the user', async () => {
    const client = await service.client('fay');
    const { sessionId } = await client.connect();
    await backend.updateStatus({ userId: 'fay', choice: DO_NOT_DISTURB });
    const { presence } = await client.updateStatus({ sessionId, choice: AUTOMATIC });
    expect(statusOf(presence)).toBe('ONLINE');
  });

  it('needs an admin, also for the own user', async () => {
    const client = await service.client('gus');
    const { sessionId } = await client.connect();
    for (const userId of ['gus', 'ann', 'never seen at all']) {
      await expect(client.updateStatus({ userId, choice: AWAY })).rejects.toMatchObject({
        code: status.PERMISSION_DENIED,
      });
    }
    expect(statusOf(await presenceOf(backend, 'gus'))).toBe('ONLINE');
    const both = backend.updateStatus({ sessionId, userId: 'gus', choice: AWAY });
    await expect(both).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  });
});
