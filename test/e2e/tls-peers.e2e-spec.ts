import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Connections } from '../../src/transport/connections/connections.js';
import { Authority } from '../support/certificates.js';
import { eventually, PATIENCE_MS } from '../support/eventually.js';
import { movableTime, type MovableTime } from '../support/fake-timers.js';
import { windowUpdate } from '../support/http2-frames.js';
import { Http2Peer } from '../support/http2-peer.js';
import { Service } from '../support/service.js';
import { handshake, secured } from '../support/tls-client.js';
import { TlsFolder } from '../support/tls-folder.js';

const NOTHING = Buffer.alloc(0);
/** The beginning of a TLS handshake: the header of a record of 512 bytes. */
const BEGINNING = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]);
const HANDSHAKE_TIMEOUT_MS = 600_000;
const MAX_CONNECTIONS = 12;
/**
 * The server checks its connections in ten groups. Of so many connections in a row, one is in each
 * group.
 */
const ONE_IN_EACH_GROUP = 10;

describe('A connection with TLS', () => {
  let service: Service;
  let root: Authority;
  let folder: TlsFolder;
  let time: MovableTime;
  beforeAll(async () => {
    root = await Authority.make('root');
  });
  beforeEach(async () => {
    time = movableTime();
    folder = await TlsFolder.with(await root.server());
  });
  afterEach(async () => {
    await service.stop();
    await folder.remove();
    time.restore();
  });

  async function start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const max = { MAX_CONNECTIONS_PER_ADDRESS_PER_NODE: `${MAX_CONNECTIONS}` };
    service = await Service.start(
      { ...folder.settings, ...max, ...settings },
      { fixed: { handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS } },
    );
  }

  /** Lets the handshake timeout pass for this number of connections, once the server has them. */
  async function passHandshakeTimeout(connections: number): Promise<void> {
    await eventually(() => service.sizeOf(Connections), connections);
    time.moveAhead(HANDSHAKE_TIMEOUT_MS + 1);
  }

  function disconnects(
    reason: 'handshake_timeout' | 'flood' | 'max_connections_per_address',
  ): number {
    return service
      .all(Connections)
      .reduce((sum, { disconnects: { counts } }) => sum + counts[reason], 0);
  }

  it('is closed after the handshake timeout if it sends no handshake', async () => {
    await start();
    const peer = await Http2Peer.to(service.address(), { opening: NOTHING });
    await passHandshakeTimeout(1);
    await peer.closed;
    expect(disconnects('handshake_timeout')).toBe(1);
  });

  it('is closed after the timeout if its handshake does not end', async () => {
    await start();
    const peer = await Http2Peer.to(service.address(), { opening: BEGINNING });
    const drip = setInterval(() => void peer.send(Buffer.alloc(1)), 50);
    await passHandshakeTimeout(1);
    await peer.closed.finally(() => clearInterval(drip));
    expect(disconnects('handshake_timeout')).toBe(1);
  });

  it('is closed after the timeout if no HTTP/2 preface arrives', async () => {
    await start();
    const socket = await handshake(service.address(), { ca: root.cert });
    const peer = await Http2Peer.over(socket, { opening: NOTHING, isMute: true });
    await passHandshakeTimeout(1);
    await peer.closed;
    expect(disconnects('handshake_timeout')).toBe(1);
  });

  it('stays open otherwise', async () => {
    await start();
    const socket = await handshake(service.address(), { ca: root.cert });
    const peer = await Http2Peer.over(socket);
    await peer.ping();
    await expectOnlySilentToClose(() => Http2Peer.to(service.address(), { opening: NOTHING }));
    await peer.ping();
    peer.destroy();
  });

  it('is distinguished from others on a Unix socket', async () => {
    const path = `${folder.path}/socket`;
    await start({ GRPC_URL: `unix:${path}` });
    const greeting = connect(path);
    let peer: Http2Peer | undefined;
    // If the server mistook it for one of the silent connections, it would close it with them.
    await expectOnlySilentToClose(
      () => Http2Peer.over(connect(path), { opening: NOTHING }),
      async () => {
        peer = await Http2Peer.over(await secured(greeting, { ca: root.cert }));
        await peer.ping();
      },
    );
    await peer!.ping();
    peer!.destroy();
  });

  /**
   * Opens silent connections next to the one that the server already has. Expects that the server
   * closes them after the timeout, so it has checked the other one as well.
   */
  async function expectOnlySilentToClose(
    open: () => Promise<Http2Peer>,
    meanwhile = () => Promise.resolve(),
  ): Promise<void> {
    const silent: Http2Peer[] = [];
    while (silent.length < ONE_IN_EACH_GROUP) silent.push(await open());
    await meanwhile();
    await passHandshakeTimeout(silent.length + 1);
    await Promise.all(silent.map(({ closed }) => closed));
    expect(disconnects('handshake_timeout')).toBe(silent.length);
  }

  it('is disconnected when it floods', async () => {
    await start();
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
    await start();
    const address = service.address();
    const peers = await Promise.all(
      Array.from({ length: MAX_CONNECTIONS + 1 }, () =>
        Http2Peer.to(address, { opening: NOTHING }),
      ),
    );
    await eventually(() => disconnects('max_connections_per_address'), 1);
    for (const peer of peers) peer.destroy();
  });
});
