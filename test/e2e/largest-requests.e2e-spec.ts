import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as session from '../../src/api/generated/presence/v1/session_service.pb.js';
import type { Client } from '../support/client.js';
import { Service } from '../support/service.js';
import { EMOJI } from '../support/bad-values.js';

describe('A request with the largest allowed values', () => {
  let service: Service;
  let client: Client;
  let sessionId: string;
  beforeAll(async () => {
    service = await Service.start();
    client = await service.client(EMOJI.repeat(128));
    ({ sessionId } = await client.connect({ platform: 'x'.repeat(32) }));
  });
  afterAll(() => service.stop());

  it.each([
    ['128 letters', 'x'.repeat(128)],
    ['128 emoji', EMOJI.repeat(128)],
    ['a space', ' '],
    ['a byte-order mark', '\ufeff'],
    ['a line separator, which is no control character', '\u2028'],
    ['punctuation', '../?&=%00"\'<>;,'],
  ])('may name a user and a channel with %s', async (_what, id) => {
    const { presence: joined } = await client.joinChannel({ sessionId, channelId: id });
    expect(joined?.currentChannelId).toBe(id);
    const { presences } = await client.listChannelMembers({ channelId: id });
    expect(presences).toEqual([joined]);
    expect((await client.getPresence({ userId: id })).presence?.userId).toBe(id);
  });

  it('may name 10,000 users and 1,000 channels with 128 emoji each', async () => {
    const userIds = Array.from({ length: 10_000 }, (_, i) => `${EMOJI.repeat(123)}${10_000 + i}`);
    const subscription = client.subscribe({ userIds, channelIds: userIds.slice(0, 1000) });
    const { snapshot } = await subscription.beginning();
    expect(snapshot.map(({ userId }) => userId)).toEqual(userIds);
    subscription.cancel();
  });

  it('may have a status text of 128 characters that expires in the year 9999', async () => {
    const statusText = EMOJI.repeat(128);
    const expiresAt = { seconds: 253_402_300_799, nanos: 999_999_999 };
    const request = { sessionId, choice: 1, statusText, expiresAt };
    expect((await client.updateStatus(request)).presence?.statusText).toBe(statusText);
  });

  it.each([
    ['right-to-left writing with its marks', '\u202bשלום\u202c \u2067مرحبا\u2069'],
    ['an override of the direction', '\u202eabc'],
    ['emoji joined to one', '👩\u200d🚀'],
    ['spaces and separators', ' a\u00a0b\u2028c '],
  ])('may have a status text of %s, which stays as it is', async (_what, statusText) => {
    const { presence: changed } = await client.updateStatus({ sessionId, choice: 1, statusText });
    expect(changed?.statusText).toBe(statusText);
  });

  it('may carry fields of a later version of the contract', async () => {
    const known = session.HeartbeatRequest.encode({ sessionId }).finish();
    const bytes = Buffer.concat([known, Buffer.from([0xa2, 0x06, 0x01, 0x61])]);
    await client.callWithBytes('SessionService/Heartbeat', bytes);
  });
});
