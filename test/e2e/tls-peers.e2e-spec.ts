import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Connections } from '../../src/transport/connections/connections.js';
import { Authority } from '../support/certificates.js';
import { eventually, PATIENCE_MS } from '../support/eventually.js';
import { windowUpdate } from '../support/http2-frames.js';
import { Http2Peer } from '../support/http2-peer.js';
import { Service } from '../support/service.js';
import { handshake } from '../support/tls-client.js';
import { TlsFolder } from '../support/tls-folder.js';

/** The beginning of a TLS handshake: the header of a record of 512 bytes. */
const BEGINNING = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]);

describe('A connection with TLS', () => {
  let service: Service;
  let root: Authority;
  let folder: TlsFolder;
  beforeAll(async () => {
    root = await Authority.make('root');
    folder = await TlsFolder.with(await root.server());
    const settings = { ...folder.settings, MAX_CONNECTIONS_PER_ADDRESS_PER_NODE: '5' };
    service = await Service.start(settings, { fixed: { handshakeTimeoutMs: 500 } });
  });
  afterAll(async () => {
    await service.stop();
    await folder.remove();
  });

  function disconnects(
    reason: 'handshake_timeout' | 'flood' | 'max_connections_per_address',
  ): number {
    return service
      .all(Connections)
      .reduce((sum, { disconnects: { counts } }) => sum + counts[reason], 0);
  }

  it('is closed after the handshake timeout if it sends no handshake', async () => {
    const peer = await Http2Peer.to(service.address(), { opening: Buffer.alloc(0) });
    await peer.closed;
    expect(disconnects('handshake_timeout')).toBe(1);
  });

  it('is closed after the timeout if its handshake does not end', async () => {
    const before = disconnects('handshake_timeout');
    const peer = await Http2Peer.to(service.address(), { opening: BEGINNING });
    const drip = setInterval(() => void peer.send(Buffer.alloc(1)), 50);
    await peer.closed.finally(() => clearInterval(drip));
    expect(disconnects('handshake_timeout')).toBe(before + 1);
  });

  it('is closed after the timeout if no HTTP/2 preface arrives', async () => {
    const before = disconnects('handshake_timeout');
    const socket = await handshake(service.address(), { ca: root.cert });
    const peer = await Http2Peer.over(socket, { opening: Buffer.alloc(0), isMute: true });
    await peer.closed;
    expect(disconnects('handshake_timeout')).toBe(before + 1);
  });

  it('stays open otherwise', async () => {
    const socket = await handshake(service.address(), { ca: root.cert });
    const peer = await Http2Peer.over(socket);
    await sleep(2500);
    expect(peer.isClosed).toBe(false);
    peer.destroy();
  });

  it('is disconnected when it floods', async () => {
    const socket = await handshake(service.address(), { ca: root.cert });
    const peer = await Http2Peer.over(socket);
    const end = performance.now() + PATIENCE_MS;
    const flood = Buffer.concat(Array<Buffer>(1000).fill(windowUpdate(0, 1)));
    while (!peer.isClosed && performance.now() < end) {
      await Promise.race([peer.send(flood), peer.closed]);
      await sleep(5);
    }
    expect(peer.isClosed).toBe(true);
    expect(disconnects('flood')).toBe(1);
    await eventually(() => service.sizeOf(Connections), 0);
  });

  it('is rejected above MAX_CONNECTIONS_PER_ADDRESS_PER_NODE', async () => {
    const address = service.address();
    const peers = await Promise.all(
      Array.from({ length: 6 }, () => Http2Peer.to(address, { opening: Buffer.alloc(0) })),
    );
    await eventually(() => disconnects('max_connections_per_address'), 1);
    for (const peer of peers) peer.destroy();
  });
});
