import { once } from 'node:events';
import { connect, type IncomingHttpHeaders } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { BatchGetPresencesRequest } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { CALLS_BEFORE_SETTINGS } from '../../src/transport/connections/connection.js';
import type { Http2Peer, PeerOptions } from '../support/http2-peer.js';
import {
  Flag,
  frame,
  FrameType,
  grpcMessage,
  Setting,
  windowUpdate,
} from '../support/http2-frames.js';
import { tokenOf } from '../support/service.js';
import { Victim } from '../support/victim.js';

const LIST = 'PresenceService/ListOnlineUsers';
const BATCH_GET = 'PresenceService/BatchGetPresences';
/** The method with the largest permitted requests. */
const SUBSCRIBE = 'EventsService/Subscribe';
const { DATA, HEADERS, SETTINGS } = FrameType;
const MEGABYTE = 1024 * 1024;
/** The HTTP/2 error code for a call that was not started. Clients repeat such calls. */
const REFUSED_STREAM = 7;

describe('A peer that', () => {
  let victim: Victim;
  let token: string;
  beforeAll(async () => {
    victim = await Victim.start();
    token = await tokenOf('mallory');
  });
  afterEach(() => victim.isAlone());
  afterAll(() => victim.stop());

  /** Creates a peer with the full stream limit: its calls had a valid token. */
  async function trustedPeer(options: PeerOptions = {}, attacked = victim): Promise<Http2Peer> {
    const peer = await attacked.peer(options);
    for (let i = 0; i < CALLS_BEFORE_SETTINGS; i++) peer.call(LIST, token);
    // The initial SETTINGS, the acknowledgement of the peer's own, and those that raise the stream
    // limit.
    await peer.until(() => peer.countOf(SETTINGS) >= 3);
    return peer;
  }

  describe('makes calls', () => {
    it('without a token may have sixteen of them open, and no more', async () => {
      await victim.survives('calls without a token', async () => {
        const peer = await victim.peer();
        for (let i = 0; i < 500; i++) peer.open(LIST, '');
        await peer.until(() => peer.resets.size >= 500 - 16 || peer.isClosed).catch(() => {});
        const refused = [...peer.resets.values()].filter((code) => code === REFUSED_STREAM);
        expect(refused).toHaveLength(500 - 16);
        peer.destroy();
      });
    });

    it('of which it sends only half has each of them reset', async () => {
      await victim.survives('half calls', async () => {
        const peer = await trustedPeer();
        for (let i = 0; i < 500; i++) peer.open(LIST, token);
        await peer.until(() => peer.resets.size === 500);
        peer.destroy();
      });
      expect(
        await victim.metric('presence_calls_aborted_total{reason="timeout"}'),
      ).toBeGreaterThanOrEqual(500);
    });

    it('of large requests, all of them incomplete, makes the server hold no more than 32 MB', async () => {
      // On a busy machine the calls must not time out before they have sent 32 MB.
      const patient = await Victim.start({ callTimeoutMs: 600_000 });
      onTestFinished(() => patient.stop());
      await patient.survives('large requests', async () => {
        const peer = await trustedPeer({}, patient);
        // 100 incomplete requests of 5 MB. The peer sends as far as the flow-control windows allow.
        const streams = Array.from({ length: 100 }, () => peer.open(SUBSCRIBE, token));
        const size = Buffer.from([0, 0, 0x4f, 0xff, 0xff]);
        await peer.send(...streams.map((stream) => frame(DATA, 0, stream, size)));
        const part = Buffer.alloc(16_000);
        for (let sent = 0; sent < 5 * MEGABYTE && peer.resets.size < 100; sent += part.length) {
          for (const stream of streams) {
            if (!peer.resets.has(stream)) await peer.fill(stream, part);
          }
        }
        expect(peer.resets.size).toBeGreaterThan(90);
        peer.destroy();
      });
      expect(
        await patient.metric('presence_calls_aborted_total{reason="request_budget"}'),
      ).toBeGreaterThan(0);
    });

    it('that grow when they are inflated makes the server hold no more than 32 MB', async () => {
      const bomb = grpcMessage(gzipSync(Buffer.alloc(8 * MEGABYTE - 1)));
      bomb[0] = 1;
      await victim.survives('compressed bombs', async () => {
        const peer = await trustedPeer();
        for (let i = 0; i < 500; i++) {
          const stream = peer.open(SUBSCRIBE, token, { 'grpc-encoding': 'gzip' });
          await peer.send(frame(DATA, Flag.END_STREAM, stream, bomb));
        }
        await peer.until(() => peer.resets.size + peer.countOf(HEADERS) >= 500);
        expect(peer.resets.size).toBeGreaterThan(0);
        peer.destroy();
      });
    });

    it('that are larger than allowed when inflated has each of them rejected', async () => {
      const bomb = grpcMessage(gzipSync(Buffer.alloc(16 * MEGABYTE)));
      bomb[0] = 1;
      const session = connect(`http://${victim.server.grpcAddress}`);
      const stream = session.request({
        ':method': 'POST',
        ':path': `/presence.v1.${LIST}`,
        'content-type': 'application/grpc',
        'grpc-encoding': 'gzip',
        te: 'trailers',
      });
      stream.end(bomb);
      const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
      expect(headers).toMatchObject({ 'grpc-status': `${status.RESOURCE_EXHAUSTED}` });
      session.destroy();
    });
  });

  describe('does not read', () => {
    // A small request with a response of about 300 kilobytes.
    const userIds = Array<string>(1000).fill('ann');
    const request = BatchGetPresencesRequest.encode({ userIds }).finish();

    const windowOfZero = { settings: [[Setting.INITIAL_WINDOW_SIZE, 0]] } as const;

    it('the responses to its calls, with a window of zero, is rejected beyond 32 MB', async () => {
      // On a busy machine the calls must not time out before their responses have 32 MB.
      const patient = await Victim.start({ callTimeoutMs: 600_000 });
      onTestFinished(() => patient.stop());
      await patient.survives('a window of zero', async () => {
        const peer = await trustedPeer(windowOfZero, patient);
        for (let i = 0; i < 200; i++) peer.call(BATCH_GET, token, request);
        await peer.until(() => peer.endedStreams.size >= 50);
        expect(peer.bodyBytes).toBe(0);
        peer.destroy();
      });
      expect(
        await patient.metric('presence_calls_aborted_total{reason="response_budget"}'),
      ).toBeGreaterThanOrEqual(50);
    });

    it('the responses to its calls, with a window of zero, has each of them reset', async () => {
      await victim.survives('unread responses', async () => {
        const peer = await trustedPeer(windowOfZero);
        for (let i = 0; i < 20; i++) peer.call(BATCH_GET, token, request);
        await peer.until(() => peer.resets.size >= 20);
        expect(peer.bodyBytes).toBe(0);
        peer.destroy();
      });
    });

    it('anything any more is disconnected by its silence', async () => {
      await victim.survives('a full buffer', async () => {
        const settings = [[Setting.INITIAL_WINDOW_SIZE, 0x7fff_ffff]] as const;
        const peer = await trustedPeer({ settings });
        await peer.send(windowUpdate(0, 0x7fff_0000));
        peer.socket.pause();
        for (let i = 0; i < 200; i++) peer.call(BATCH_GET, token, request);
        await victim.isAlone();
        peer.destroy();
      });
    });
  });
});
