import { constants } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FixedLimits } from '../../src/config/fixed-limits.js';
import { WatchedCall } from '../../src/transport/connections/call-watchdog.js';
import { Connections } from '../../src/transport/connections/connections.js';
import { eventually } from '../support/eventually.js';
import { movableTime, type MovableTime } from '../support/fake-timers.js';
import {
  Flag,
  frame,
  FrameType,
  grpcMessage,
  PREFACE,
  Setting,
  settingsFrame,
} from '../support/http2-frames.js';
import { Http2Peer } from '../support/http2-peer.js';
import { Service, tokenOf } from '../support/service.js';

/** So long that pings do not influence the tests. */
const NO_PINGS = { KEEPALIVE_TIME_MS: '600000', KEEPALIVE_TIMEOUT_MS: '600000' };
const NOTHING = Buffer.alloc(0);
describe('A connection', () => {
  let service: Service;
  afterEach(() => service.stop());

  async function start(
    settings: Readonly<Record<string, string>> = {},
    fixed: Partial<FixedLimits> = {},
  ): Promise<void> {
    service = await Service.start({ ...NO_PINGS, ...settings }, { fixed });
  }

  function disconnects(
    reason:
      'handshake_timeout' | 'max_connections' | 'max_connections_per_address' | 'protocol_error',
  ): number {
    return service
      .all(Connections)
      .reduce((sum, { disconnects: { counts } }) => sum + counts[reason], 0);
  }

  async function expectServed(): Promise<void> {
    const client = await service.client('honest');
    const { sessionId } = await client.connect();
    const { sessions } = await client.listSessions();
    expect(sessions.map((session) => session.sessionId)).toContain(sessionId);
  }

  describe('is closed after the handshake timeout', () => {
    const fixed = { handshakeTimeoutMs: 600_000 };
    let time: MovableTime;
    beforeEach(() => void (time = movableTime()));
    afterEach(() => time.restore());

    /** Lets the handshake timeout pass for this number of connections, once the server has them. */
    async function passTimeout(connections = 1): Promise<void> {
      await eventually(() => service.sizeOf(Connections), connections);
      time.moveAhead(fixed.handshakeTimeoutMs + 1);
    }

    it('when it says nothing, be it one of a thousand', async () => {
      await start({}, fixed);
      const address = service.address();
      const peers: Http2Peer[] = [];
      while (peers.length < 1000) {
        // The backlog of the server holds 511. A connection that it drops is never closed for a
        // peer that sends nothing.
        const opening = Array.from({ length: 200 }, () =>
          Http2Peer.to(address, { opening: NOTHING, isMute: true }),
        );
        peers.push(...(await Promise.all(opening)));
      }
      await eventually(() => service.sizeOf(Connections), peers.length);
      await expectServed();
      await passTimeout(peers.length + 1);
      await Promise.all(peers.map(({ closed }) => closed));
      await expectServed();
      expect(disconnects('handshake_timeout')).toBe(peers.length);
    });

    it('when its preface comes byte by byte', async () => {
      await start({}, fixed);
      const peer = await Http2Peer.to(service.address(), { opening: NOTHING, isMute: true });
      for (const byte of PREFACE.subarray(0, -1)) {
        await peer.send(Buffer.from([byte]));
        await sleep(10);
      }
      await passTimeout();
      await peer.closed;
      expect(disconnects('handshake_timeout')).toBe(1);
    });

    it('when its preface comes without settings', async () => {
      await start({}, fixed);
      const peer = await Http2Peer.to(service.address(), { opening: PREFACE, isMute: true });
      await passTimeout();
      await peer.closed;
      expect(disconnects('handshake_timeout')).toBe(1);
    });

    it('also when its peer does not let go of it', async () => {
      await start({}, fixed);
      const peer = await Http2Peer.to(service.address(), {
        opening: NOTHING,
        isMute: true,
        holdsOn: true,
      });
      peer.socket.pause();
      await passTimeout();
      await eventually(() => service.sizeOf(Connections), 0);
      peer.destroy();
    });
  });

  it('is closed at once when it does not speak HTTP/2', async () => {
    await start({});
    const opening = Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const peer = await Http2Peer.to(service.address(), { opening });
    await peer.closed;
    expect(disconnects('protocol_error')).toBe(1);
    await expectServed();
  });

  describe('without a call', () => {
    const fixed = { connectionIdleTimeoutMs: 300 };

    it('is closed with GOAWAY after the idle timeout', async () => {
      await start({}, fixed);
      const peer = await Http2Peer.to(service.address());
      await peer.closed;
      expect(peer.goaway).toBe(constants.NGHTTP2_NO_ERROR);
    });

    it('is closed after the idle timeout that follows its last stream', async () => {
      await start({}, fixed);
      const client = await service.client('watching');
      const subscription = client.subscribe();
      await subscription.beginning();
      subscription.cancel();
      await eventually(() => service.sizeOf(Connections), 0);
    });

    it('is closed also when its peer does not let go of it', async () => {
      await start({}, fixed);
      const peer = await Http2Peer.to(service.address(), { holdsOn: true });
      await peer.closed;
      await eventually(() => service.sizeOf(Connections), 0);
      peer.destroy();
    });

    it('is missed by no client that calls again', async () => {
      await start({}, fixed);
      const client = await service.client('pooled');
      await client.listSessions();
      await eventually(() => service.sizeOf(Connections), 0);
      expect((await client.listSessions()).sessions).toEqual([]);
    });
  });

  it('with an open stream is not idle, however quiet it is', async () => {
    await start({}, { connectionIdleTimeoutMs: 3000, callTimeoutMs: 3000 });
    const token = await tokenOf('quiet');
    const peer = await Http2Peer.to(service.address());
    peer.call('SessionService/Connect', token);
    await peer.until(() => peer.countOf(FrameType.HEADERS) > 0);
    // Both timeouts pass for others, which began later. The request of one never becomes complete.
    const idle = await Http2Peer.to(service.address());
    const slow = await Http2Peer.to(service.address());
    const stream = slow.open('SessionService/Connect', token);
    await Promise.all([idle.closed, slow.closed]);
    expect([...slow.resets.keys()]).toEqual([stream]);
    await peer.ping();
    expect(peer.resets.size).toBe(0);
    expect(peer.endedStreams.size).toBe(0);
    peer.destroy();
  });

  it('loses its stream a second after the end if it does not read', async () => {
    await start({}, { callTimeoutMs: 600_000 });
    const settings = [[Setting.INITIAL_WINDOW_SIZE, 0]] as const;
    const peer = await Http2Peer.to(service.address(), { settings });
    const stream = peer.call('SessionService/Connect', await tokenOf('stuck'));
    await peer.until(() => peer.countOf(FrameType.HEADERS) > 0);
    const client = await service.client('stuck');
    const [session] = (await client.listSessions()).sessions;
    await client.endSession({ sessionId: session!.sessionId });
    await peer.until(() => peer.resets.has(stream));
    expect(peer.resets.get(stream)).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    peer.destroy();
  });

  describe('whose peer gives no room for response bodies', () => {
    const settings = [[Setting.INITIAL_WINDOW_SIZE, 0]] as const;

    it('receives the status of a unary call that fails inside the server', async () => {
      await start();
      const fault = vi.spyOn(WatchedCall.prototype, 'countResponse').mockImplementationOnce(() => {
        throw new Error('a fault');
      });
      const peer = await Http2Peer.to(service.address(), { settings });
      const stream = peer.call('SessionService/ListSessions', await tokenOf('stuck'));
      await peer.until(() => peer.endedStreams.has(stream));
      expect(fault).toHaveBeenCalledTimes(1);
      expect(peer.bodyBytes).toBe(0);
      fault.mockRestore();
      await expectServed();
      peer.destroy();
    });

    it('receives DEADLINE_EXCEEDED for a unary call whose request is not complete in time', async () => {
      await start();
      const peer = await Http2Peer.to(service.address(), { settings });
      const token = await tokenOf('stuck');
      // The rest of each request arrives late. It is ignored, and the connection stays open.
      for (let i = 0; i < 2; i++) {
        const stream = peer.open('SessionService/ListSessions', token, { 'grpc-timeout': '50m' });
        await peer.until(() => peer.endedStreams.has(stream));
        await peer.send(frame(FrameType.DATA, Flag.END_STREAM, stream, grpcMessage(NOTHING)));
      }
      expect(peer.bodyBytes).toBe(0);
      await expectServed();
      peer.destroy();
    });
  });

  it('is rejected above MAX_CONNECTIONS_PER_ADDRESS_PER_NODE, until another one has closed', async () => {
    await start({ MAX_CONNECTIONS_PER_ADDRESS_PER_NODE: '2' });
    const address = service.address();
    const first = await Http2Peer.to(address);
    await Http2Peer.to(address);
    await (
      await Http2Peer.to(address)
    ).closed;
    expect(disconnects('max_connections_per_address')).toBe(1);
    first.destroy();
    await eventually(() => service.sizeOf(Connections), 1);
    const next = await Http2Peer.to(address);
    await next.until(() => next.countOf(FrameType.SETTINGS) > 0);
  });

  it('is rejected above MAX_CONNECTIONS_PER_NODE', async () => {
    await start({ MAX_CONNECTIONS_PER_NODE: '1' });
    const address = service.address();
    await Http2Peer.to(address);
    await (
      await Http2Peer.to(address)
    ).closed;
    expect(disconnects('max_connections')).toBe(1);
  });

  it('may have as many small frames as an honest one needs', async () => {
    await start({});
    const peer = await Http2Peer.to(service.address());
    const second = Buffer.concat(
      Array.from({ length: 1000 }, () => frame(FrameType.PING, 0, 0, Buffer.alloc(8))),
    );
    for (let i = 0; i < 3; i++) {
      // In batches of a hundred, because the server sends responses in between.
      for (let at = 0; at < second.length; at += 1700) {
        await peer.send(second.subarray(at, at + 1700));
        await sleep(10);
      }
    }
    await peer.send(settingsFrame(), frame(FrameType.SETTINGS, Flag.ACK, 0));
    expect(peer.isClosed).toBe(false);
    peer.destroy();
  });
});
