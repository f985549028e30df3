import type { ConnectionOptions } from 'node:tls';
import { credentials, status, type ChannelCredentials, type ServiceError } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { TokenVerifier } from '../../src/auth/token-verifier.js';
import { grpcChannel } from '../support/channel.js';
import { Authority, selfSigned, type Identity } from '../support/certificates.js';
import { Service } from '../support/service.js';
import { handshake, trusting } from '../support/tls-client.js';
import { TlsFolder } from '../support/tls-folder.js';

/** Returns the status of a call with these credentials. */
async function endOfCall(service: Service, security: ChannelCredentials) {
  const client = await service.secureClient('ann', security);
  return client.listSessions().then(
    () => ({ code: status.OK, details: '' }),
    ({ code, details }: ServiceError) => ({ code, details }),
  );
}

/**
 * Options that must be rejected: versions before 1.2, and cipher suites without forward secrecy or
 * authenticated encryption. The pattern matches the TLS alert, whose name has different prefixes in
 * the versions of OpenSSL.
 */
const OUTDATED: readonly [string, ConnectionOptions, RegExp][] = [
  [
    'TLS 1.1',
    // OpenSSL offers it only at its lowest security level.
    { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    /_ALERT_PROTOCOL_VERSION$/,
  ],
  [
    'a cipher without authenticated encryption',
    { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' },
    /_ALERT_HANDSHAKE_FAILURE$/,
  ],
  ['what is not HTTP/2', { ALPNProtocols: ['http/1.1'] }, /_ALERT_NO_APPLICATION_PROTOCOL$/],
];

describe('gRPC over TLS', () => {
  let service: Service;
  let root: Authority;
  let folder: TlsFolder;
  beforeAll(async () => {
    root = await Authority.make('root');
    folder = await TlsFolder.with(await root.server());
    service = await Service.start(folder.settings);
  });
  afterAll(async () => {
    await service.stop();
    await folder.remove();
  });
  afterEach(() => vi.restoreAllMocks());

  it('answers calls and keeps streams of clients that trust its root', async () => {
    const client = await service.secureClient('ann', trusting(root));
    const subscription = client.subscribe();
    await subscription.beginning();
    const { sessionId, stream } = await client.connect();
    expect((await subscription.nextEvent()).presence?.userId).toBe('ann');
    expect((await client.listSessions()).sessions).toMatchObject([{ sessionId }]);
    stream.cancel();
    expect((await subscription.nextEvent()).change?.$case).toBe('userOffline');
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (version) => {
    const options = { ca: root.cert, minVersion: version, maxVersion: version };
    const socket = await handshake(service.address(), options);
    expect(socket.getProtocol()).toBe(version);
    expect(socket.alpnProtocol).toBe('h2');
    socket.destroy();
  });

  it.each(OUTDATED)('rejects %s', async (_what, options, alert) => {
    const attempt = handshake(service.address(), { ca: root.cert, ...options });
    await expect(attempt).rejects.toMatchObject({ code: expect.stringMatching(alert) as unknown });
  });

  it('is rejected by a client that trusts another root', async () => {
    const end = await endOfCall(service, trusting(await Authority.make('another')));
    expect(end.code).toBe(status.UNAVAILABLE);
    expect(end.details).toContain('unable to verify');
  });

  it('lets nothing through from a client that speaks plain HTTP/2', async () => {
    const look = vi.spyOn(TokenVerifier.prototype, 'fromCache');
    const { code } = await endOfCall(service, credentials.createInsecure());
    expect(code).toBe(status.UNAVAILABLE);
    expect(look).not.toHaveBeenCalled();
    expect(await endOfCall(service, trusting(root))).toMatchObject({ code: status.OK });
    expect(look).toHaveBeenCalled();
  });

  it('is rejected by a client when its certificate has expired', async () => {
    const expired = await TlsFolder.with(await root.server({ fromDays: -3, toDays: -1 }));
    const late = await Service.start(expired.settings);
    const end = await endOfCall(late, trusting(root));
    expect(end.code).toBe(status.UNAVAILABLE);
    expect(end.details).toContain('certificate has expired');
    await late.stop();
    await expired.remove();
  });
});

describe('Mutual TLS', () => {
  let service: Service;
  let root: Authority;
  let clients: Authority;
  let folder: TlsFolder;
  beforeAll(async () => {
    root = await Authority.make('root');
    clients = await Authority.make('clients');
    folder = await TlsFolder.with(await root.server(), clients.cert);
    service = await Service.start(folder.settings);
  });
  afterAll(async () => {
    await service.stop();
    await folder.remove();
  });
  afterEach(() => vi.restoreAllMocks());

  it('lets clients in whose certificate the named authority has issued', async () => {
    const own = await clients.client('gateway');
    expect(await endOfCall(service, trusting(root, own))).toMatchObject({ code: status.OK });
  });

  it('does not stand in for a token', async () => {
    const security = trusting(root, await clients.client('ann'));
    const client = service.clientWithToken(undefined, service.addresses(), (at) =>
      grpcChannel(at, security),
    );
    await expect(client.listSessions()).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
  });

  it.each<[string, () => Promise<Identity | undefined>]>([
    ['has no certificate', () => Promise.resolve(undefined)],
    ['has one of the authority that issued that of the server', () => root.client('gateway')],
    [
      'has one of an authority of the same name',
      async () => (await Authority.make('clients')).client('gateway'),
    ],
    ['has one that has expired', () => clients.client('gateway', { fromDays: -3, toDays: -1 })],
    ['has one that is not valid yet', () => clients.client('gateway', { fromDays: 1 })],
    ['has one that it signed itself', () => selfSigned('gateway')],
    ['has one that is for servers', () => clients.server()],
  ])('keeps a client out that %s, before anything of it is looked at', async (_what, identity) => {
    const look = vi.spyOn(TokenVerifier.prototype, 'fromCache');
    const { code } = await endOfCall(service, trusting(root, await identity()));
    expect(code).toBe(status.UNAVAILABLE);
    expect(look).not.toHaveBeenCalled();
  });
});
