import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import {
  Flag,
  frame,
  FrameType,
  grpcMessage,
  headerBlock,
  MAX_WINDOW,
  parseFrames,
  PREFACE,
  Setting,
  settingsFrame,
  windowUpdate,
} from '../support/http2-frames.js';

/** Called for each complete gRPC message when it arrives. */
export type OnMessage = (message: Buffer) => void;

/** The client side of TLS. It trusts every certificate. */
export interface ClientTls {
  /** The ticket of an earlier connection. Undefined: a full handshake. */
  readonly ticket: Buffer | undefined;
}

/** Opens a TLS connection for HTTP/2. */
export function tlsSocket(port: number, { ticket }: ClientTls): TLSSocket {
  const trust = { rejectUnauthorized: false, ALPNProtocols: ['h2'] };
  return connectTls({ host: '127.0.0.1', port, session: ticket, ...trust });
}

/**
 * A very cheap client: a socket with just enough HTTP/2 for streaming calls, so that thousands of
 * clients fit next to the server on two cores. Its flow-control windows have the maximum size.
 */
export class RawConnection {
  private readonly socket: Socket;
  private readonly streams = new Map<number, MessageReader>();
  private pending: Buffer = Buffer.alloc(0);
  private nextStream = 1;

  constructor(
    port: number,
    private readonly token: string,
    tls?: ClientTls,
  ) {
    this.socket = tls ? tlsSocket(port, tls) : connect({ host: '127.0.0.1', port });
    this.socket.setNoDelay();
    this.socket.on('data', (chunk) => this.read(chunk));
    this.socket.on('error', () => {});
    this.socket.write(
      Buffer.concat([
        PREFACE,
        settingsFrame([Setting.INITIAL_WINDOW_SIZE, MAX_WINDOW]),
        windowUpdate(0, MAX_WINDOW - 65_535),
      ]),
    );
  }

  /** Makes a call whose response is a stream. */
  call(method: string, request: Uint8Array, onMessage: OnMessage): void {
    const stream = this.nextStream;
    this.nextStream += 2;
    this.streams.set(stream, new MessageReader(onMessage));
    const headers = headerBlock(`/presence.v1.${method}`, this.token);
    this.socket.write(
      Buffer.concat([
        frame(FrameType.HEADERS, Flag.END_HEADERS, stream, headers),
        frame(FrameType.DATA, Flag.END_STREAM, stream, grpcMessage(request)),
      ]),
    );
  }

  /** Makes a call and waits for the first message. */
  async begin(method: string, request: Uint8Array, onMessage: OnMessage): Promise<void> {
    await new Promise<void>((resolve) => {
      this.call(method, request, (message) => {
        resolve();
        onMessage(message);
      });
    });
  }

  /** Stops reading, so that the server's write buffers fill up. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Closes the socket without GOAWAY. */
  destroy(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    const bytes = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    const { frames, rest } = parseFrames(bytes);
    for (const { type, flags, stream, payload } of frames) {
      const isAck = (flags & Flag.ACK) !== 0;
      if (type === FrameType.DATA) this.streams.get(stream)?.read(payload);
      else if (type === FrameType.SETTINGS && !isAck) this.socket.write(frame(type, Flag.ACK, 0));
      else if (type === FrameType.PING && !isAck) {
        this.socket.write(frame(type, Flag.ACK, 0, payload));
      }
    }
    this.pending = rest;
  }
}

/** Assembles gRPC messages that may span several frames. */
class MessageReader {
  private partial: Buffer = Buffer.alloc(0);

  constructor(private readonly onMessage: OnMessage) {}

  read(payload: Buffer): void {
    let rest = this.partial.length === 0 ? payload : Buffer.concat([this.partial, payload]);
    while (rest.length >= 5) {
      const end = 5 + rest.readUInt32BE(1);
      if (rest.length < end) break;
      this.onMessage(rest.subarray(5, end));
      rest = rest.subarray(end);
    }
    this.partial = rest;
  }
}

/** Returns the number of events in a `SubscribeResponse`: counts field 1 without decoding it. */
export function countEvents(message: Buffer): number {
  let count = 0;
  for (let at = 0; at < message.length;) {
    const tag = message[at++]!;
    const isVarint = (tag & 7) === 0;
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    if (!isVarint) at += value;
    if (tag >> 3 === 1) count++;
  }
  return count;
}

/** Returns the bytes of the first field of a message, which is length-delimited. */
export function firstField(message: Buffer): Buffer {
  let length = 0;
  let at = 1;
  for (let shift = 0; ; shift += 7) {
    const byte = message[at++]!;
    length |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  return message.subarray(at, at + length);
}
