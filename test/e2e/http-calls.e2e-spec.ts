import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SessionRegistry } from '../../src/session/session-registry.js';
import { richStatusOf } from '../support/bad-request.js';
import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { EVERY_PROTOCOL, HttpChannel, type HttpProtocol } from '../support/http-channel.js';
import { Link } from '../support/link.js';
import { Service, tokenOf } from '../support/service.js';
import { onlineAndOffline, watch } from '../support/watched-user.js';

const TIMEOUT_MS = 8000;
/** More than the largest request of any method. */
const TOO_MANY_BYTES = 6 * 1024 * 1024;

let service: Service;
let host: string;
beforeAll(async () => {
  service = await Service.start({ HEARTBEAT_TIMEOUT_MS: `${TIMEOUT_MS}` });
  host = new URL(service.httpUrl).host;
});
afterAll(() => service.stop());

async function clientOf(userId: string, protocol: HttpProtocol, address = host): Promise<Client> {
  return new Client([address], await tokenOf(userId), (at) => new HttpChannel(at, [protocol]));
}

describe.each(EVERY_PROTOCOL)('A call over %s', (protocol) => {
  const name = (what: string): string => `${what} ${protocol}`;

  it('is rejected with all that is wrong with it', async () => {
    const client = await clientOf('ann', protocol);
    const refused = client.joinChannel({ sessionId: '', channelId: '' });
    const error = await refused.catch((reason: Parameters<typeof richStatusOf>[0]) => reason);
    const description = 'must be 1 to 128 characters, none of them a control character';
    expect(richStatusOf(error as Parameters<typeof richStatusOf>[0])).toEqual({
      code: status.INVALID_ARGUMENT,
      message: `session_id ${description}; channel_id ${description}`,
      types: ['ErrorInfo', 'BadRequest'].map((name) => `type.googleapis.com/google.rpc.${name}`),
      violations: [
        { field: 'session_id', description },
        { field: 'channel_id', description },
      ],
    });
    expect((await client.subscribe({ resumeToken: '?' }).ended).code).toBe(status.INVALID_ARGUMENT);
  });

  it('is rejected without a token', async () => {
    const client = new Client([host], undefined, (at) => new HttpChannel(at, [protocol]));
    await expect(client.listOnlineUsers()).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
    expect((await client.openSession().ended).code).toBe(status.UNAUTHENTICATED);
  });

  it('is rejected when it is larger than gRPC takes', async () => {
    const client = await clientOf('big', protocol);
    const userIds = ['x'.repeat(TOO_MANY_BYTES)];
    const code = status.RESOURCE_EXHAUSTED;
    await expect(client.batchGetPresences({ userIds })).rejects.toMatchObject({ code });
    expect((await client.subscribe({ userIds }).ended).code).toBe(code);
  });

  it('ends at its deadline, and so does the session', async () => {
    const client = await clientOf(name('late'), protocol);
    const { stream } = await client.connectForShort();
    expect((await stream.ended).code).toBe(status.DEADLINE_EXCEEDED);
    await eventually(() => service.sizeOf(SessionRegistry), 0);
  });

  it('ends a session at once when its client does', async () => {
    const watcher = await watch(await service.client('watcher'), name('gone'));
    const { stream } = await (await clientOf(name('gone'), protocol)).connect();
    stream.cancel();
    expect(await onlineAndOffline(watcher)).toEqual([
      'userOnline CONNECTED',
      'userOffline DISCONNECTED',
    ]);
  });

  it('keeps a session of which every message is answered', async () => {
    const client = await clientOf(name('alive'), protocol);
    const { sessionId, started, stream } = await client.connect();
    expect(started.heartbeatTimeoutMs).toBe(TIMEOUT_MS);
    for (let i = 0; i < 4; i++) {
      await service.passTime(TIMEOUT_MS / 2);
      expect(await stream.next()).toEqual({ body: undefined });
      await client.heartbeat({ sessionId });
    }
    expect((await client.listSessions()).sessions).toHaveLength(1);
    stream.cancel();
    await eventually(() => service.sizeOf(SessionRegistry), 0);
  });

  it('loses a session that has fallen silent', async () => {
    const watcher = await watch(await service.client('watcher'), name('silent'));
    const link = await Link.to([host]);
    await (await clientOf(name('silent'), protocol, link.addresses[0])).connect();
    link.fallSilent();
    await service.passTime(TIMEOUT_MS);
    expect(await onlineAndOffline(watcher)).toEqual([
      'userOnline CONNECTED',
      'userOffline CONNECTION_LOST',
    ]);
    // The client is disconnected, so it receives no end message. The session must end nevertheless.
    await eventually(() => service.sizeOf(SessionRegistry), 0);
    link.close();
  });

  it('receives UNAVAILABLE with a retry hint, and ends, when the server stops', async () => {
    const other = await Service.start({ DRAIN_TIMEOUT_MS: '1000' });
    const address = new URL(other.httpUrl).host;
    const client = await clientOf('ann', protocol, address);
    const { stream } = await client.connect();
    const subscription = client.subscribe();
    await subscription.beginning();
    const stopped = other.stop();
    expect((await stream.next()).body?.$case).toBe('sessionDraining');
    for (const { ended } of [stream, subscription]) {
      const { code, details } = await ended;
      expect(status[code]).toBe('UNAVAILABLE');
      expect(details).toMatch(/about to stop; connect again/);
    }
    await stopped;
  });
});
