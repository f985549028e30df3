import { constants } from 'node:http2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  Flag,
  frame,
  FrameType,
  headerBlock,
  literal,
  resetFrame,
  Setting,
  settingsFrame,
  windowUpdate,
} from '../support/http2-frames.js';
import type { Http2Peer } from '../support/http2-peer.js';
import { Victim } from '../support/victim.js';

const LIST = 'PresenceService/ListOnlineUsers';
const { DATA, HEADERS, PRIORITY, CONTINUATION, PUSH_PROMISE, PING, GOAWAY } = FrameType;

const WINDOW_CHANGES = Buffer.concat(
  Array.from({ length: 500 }, (_, i) => settingsFrame([Setting.INITIAL_WINDOW_SIZE, i])),
);

const WHOLE = Flag.END_HEADERS | Flag.END_STREAM;

/** Repeats bytes. */
function times(count: number, bytes: Buffer): Buffer {
  return Buffer.concat(Array<Buffer>(count).fill(bytes));
}

/** Starts a call, and then sends empty DATA frames. */
function emptyParts(peer: Http2Peer, round: number): Buffer {
  const part = times(1000, frame(DATA, 0, 1));
  return round === 0 ? Buffer.concat([call(peer, Flag.END_HEADERS), part]) : part;
}

function call(peer: Http2Peer, flags: number): Buffer {
  return frame(HEADERS, flags, peer.takeStream(), headerBlock(`/presence.v1.${LIST}`, ''));
}

/** Sends a header block that never ends. */
function endlessHeaders(peer: Http2Peer, round: number): Buffer {
  if (round === 0) return call(peer, 0);
  return times(500, frame(CONTINUATION, 0, 1, literal('a', 'b')));
}

/** Sends more request data after the response of a call. */
function dataAfterTheEnd(peer: Http2Peer, round: number): Buffer {
  if (round === 0) return call(peer, WHOLE);
  if (peer.countOf(HEADERS) === 0) return Buffer.alloc(0);
  return times(100, frame(DATA, 0, 1, Buffer.alloc(100)));
}

/** Starts calls and cancels them at once. */
function rapidResets(peer: Http2Peer): Buffer {
  const each = (): Buffer => {
    const begin = call(peer, Flag.END_HEADERS);
    return Buffer.concat([begin, resetFrame(peer.lastStream, constants.NGHTTP2_CANCEL)]);
  };
  return Buffer.concat(Array.from({ length: 100 }, each));
}

/** A header that is added to the HPACK dynamic table as its first entry. */
function remembered(value: Buffer): Buffer {
  const integer = Buffer.from([
    0x7f,
    ((value.length - 127) % 128) | 128,
    (value.length - 127) >> 7,
  ]);
  return Buffer.concat([Buffer.from([0x40, 1, 0x78]), integer, value]);
}

describe('A peer that', () => {
  let victim: Victim;
  beforeAll(async () => void (victim = await Victim.start()));
  afterEach(() => victim.isAlone());
  afterAll(() => victim.stop());

  describe('sends frames that HTTP/2 forbids is disconnected:', () => {
    it.each<[string, (peer: Http2Peer, round: number) => Buffer]>([
      ['empty DATA', emptyParts],
      ['windows that grow by zero', () => windowUpdate(0, 0)],
      ['windows that grow too far', () => times(2, windowUpdate(0, 0x7fff_ffff))],
      ['CONTINUATION without an end', endlessHeaders],
      ['DATA of streams that are over', dataAfterTheEnd],
      ['DATA of streams that never were', () => frame(DATA, 0, 101, Buffer.alloc(10))],
      ['RST_STREAM of streams that never were', () => resetFrame(101, 8)],
      ['a PRIORITY upon itself', () => frame(PRIORITY, 0, 1, Buffer.from([0, 0, 0, 1, 16]))],
      ['PUSH_PROMISE', () => frame(PUSH_PROMISE, Flag.END_HEADERS, 1, Buffer.alloc(20))],
      ['frames larger than agreed', () => frame(DATA, 0, 1, Buffer.alloc(20_000))],
      [
        'settings of impossible windows',
        () => settingsFrame([Setting.INITIAL_WINDOW_SIZE, 2 ** 31]),
      ],
      [
        'more streams than MAX_STREAMS_PER_CONNECTION',
        (peer) => Buffer.concat(Array.from({ length: 100 }, () => call(peer, Flag.END_HEADERS))),
      ],
      ['RST_STREAM right after HEADERS, again and again', rapidResets],
    ])('%s', async (name, next) => {
      const peer = await victim.peer();
      await victim.withstands(name, peer, next);
    });
  });

  describe('floods with frames that HTTP/2 allows is disconnected:', () => {
    it.each<[string, Buffer]>([
      ['PING', times(1000, frame(PING, 0, 0, Buffer.alloc(8)))],
      ['SETTINGS', times(1000, settingsFrame())],
      ['SETTINGS that change the window', WINDOW_CHANGES],
      ['PRIORITY', times(1000, frame(PRIORITY, 0, 1, Buffer.from([0, 0, 0, 3, 16])))],
      ['windows that grow by one', times(1000, windowUpdate(0, 1))],
      ['frames of no known type', times(1000, frame(0x77, 0, 0, Buffer.alloc(8)))],
      ['large frames of no known type', times(10, frame(0x77, 0, 0, Buffer.alloc(16_384)))],
      ['GOAWAY', times(1000, frame(GOAWAY, 0, 0, Buffer.alloc(8)))],
    ])('%s', async (name, bytes) => {
      const peer = await victim.peer();
      await victim.withstands(name, peer, () => bytes);
    });

    it('window updates without an effect, and is counted and logged', async () => {
      const name = 'presence_connections_closed_total{reason="flood"}';
      const before = await victim.metric(name);
      const peer = await victim.peer();
      await victim.withstands('a flood', peer, () => times(1000, windowUpdate(0, 1)));
      expect(await victim.metric(name)).toBe(before + 1);
      expect(victim.server.output).toContain(
        'Disconnected 127.0.0.1: it sent far more than its calls need',
      );
    });
  });

  describe('sends headers', () => {
    it.each<[string, (round: number) => Buffer]>([
      ['that are too large', () => literal('x', 'x'.repeat(16_150))],
      // 4,000 bytes once, and then one-byte references to them: 48 MB in every call.
      [
        'that unpack to much more',
        (round) =>
          round === 0 ? remembered(Buffer.alloc(4000, 0x79)) : Buffer.alloc(12_000, 0xbe),
      ],
      ['of too many names', () => times(200, literal('a', 'b'))],
    ])('%s has each call rejected', async (name, more) => {
      const peer = await victim.peer();
      // The limit applies after the peer has acknowledged it.
      await peer.until(() => peer.countOf(FrameType.SETTINGS) > 1);
      const next = (_: Http2Peer, round: number): Buffer => {
        const block = Buffer.concat([headerBlock(`/presence.v1.${LIST}`, ''), more(round)]);
        return frame(HEADERS, WHOLE, peer.takeStream(), block);
      };
      // The PING makes the server send the rejection now.
      await peer.send(next(peer, 0), next(peer, 1), frame(PING, 0, 0, Buffer.alloc(8)));
      await peer.until(() => peer.resets.has(peer.lastStream));
      // From here on, the server may also close the connection, as a flood.
      await victim.withstands(
        `headers ${name}`,
        peer,
        (_, round) => next(peer, round + 2),
        () => peer.resets.size >= 500,
      );
      expect([...new Set(peer.resets.values())]).toEqual([constants.NGHTTP2_ENHANCE_YOUR_CALM]);
      peer.destroy();
    });
  });
});
