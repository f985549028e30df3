import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sync } from '../../src/api/generated/presence/v1/events_service.pb.js';
import { Service } from '../support/service.js';

const INTERVAL_MS = 5000;

describe('A quiet stream', () => {
  let service: Service;
  beforeAll(async () => {
    service = await Service.start({ STREAM_HEARTBEAT_INTERVAL_MS: `${INTERVAL_MS}` });
  });
  afterAll(() => service.stop());

  describe('of a subscription', () => {
    it('is sent a message with nothing but a resume token, at every interval', async () => {
      const stream = (await service.client('watcher')).subscribe({ userIds: ['nobody'] });
      await stream.beginning();
      for (let i = 0; i < 3; i++) {
        await service.passTime(INTERVAL_MS);
        const { resumeToken, ...rest } = await stream.next();
        expect(rest).toEqual({ events: [], snapshot: [], sync: Sync.SYNC_UNSPECIFIED });
        expect(resumeToken).not.toBe('');
      }
      stream.cancel();
    });

    it('is sent none before the interval is over, nor while events are sent', async () => {
      const client = await service.client('talker');
      const { sessionId } = await client.connect();
      const stream = (await service.client('watcher')).subscribe({ userIds: ['talker'] });
      await stream.beginning();
      for (const channelId of ['a', 'b', 'c']) {
        await service.passTime(INTERVAL_MS - 1);
        await client.joinChannel({ sessionId, channelId });
        expect((await stream.next()).events).toMatchObject([
          { presence: { currentChannelId: channelId } },
        ]);
      }
      stream.cancel();
    });

    it('receives a token that advances with the events of others', async () => {
      const client = await service.client('mover');
      const { sessionId } = await client.connect();
      const stream = (await service.client('watcher')).subscribe({ userIds: ['nobody'] });
      const { resumeToken } = await stream.beginning();
      const other = (await service.client('watcher')).subscribe({ userIds: ['mover'] });
      await other.beginning();
      await client.joinChannel({ sessionId, channelId: 'a' });
      await other.nextEvent();
      await service.passTime(INTERVAL_MS);
      const heartbeat = await stream.next();
      expect(heartbeat.resumeToken).not.toBe(resumeToken);
      const resumed = client.subscribe({ resumeToken: heartbeat.resumeToken });
      expect(await resumed.beginning()).toMatchObject({ isReset: false, events: [] });
      for (const subscription of [stream, other, resumed]) subscription.cancel();
    });
  });

  describe('of a session', () => {
    it('is sent a message without a body, at every interval', async () => {
      const { stream } = await (await service.client('quiet')).connect();
      for (let i = 0; i < 3; i++) {
        await service.passTime(INTERVAL_MS - 1);
        await service.passTime(1);
        expect(await stream.next()).toEqual({});
      }
      expect(stream.takeArrived()).toEqual([]);
      stream.cancel();
    });
  });

  it('has a token with or after every event', async () => {
    const client = await service.client('writer');
    const { sessionId } = await client.connect();
    const stream = (await service.client('watcher')).subscribe();
    let isWithoutToken = true;
    let last = '';
    const note = ({ resumeToken, events }: Awaited<ReturnType<typeof stream.next>>) => {
      isWithoutToken = resumeToken === '';
      last = events.at(-1)?.presence?.currentChannelId ?? last;
    };
    for (let i = 0; i < 500; i++) await client.joinChannel({ sessionId, channelId: `${i}` });
    // The last token comes without another event, and without the next heartbeat.
    while (last !== '499' || isWithoutToken) note(await stream.next());
    stream.cancel();
  });
});
