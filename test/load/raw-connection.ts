import { connect, type Socket } from 'node:net';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const MAX_WINDOW = 0x7fff_ffff;
const FRAME_HEADER = 9;
const DATA = 0;
const HEADERS = 1;
const SETTINGS = 4;
const PING = 6;
const WINDOW_UPDATE = 8;
const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;
const EMPTY = new Uint8Array();

/** Told of whole gRPC messages, as they arrive. */
export type OnMessage = (message: Buffer) => void;

/**
 * A client that costs next to nothing: a socket that speaks just enough HTTP/2 for streaming calls, so that thousands
 * of them fit beside the server on two cores. Its windows are as large as they get.
 */
export class RawConnection {
  private readonly socket: Socket;
  private readonly streams = new Map<number, MessageReader>();
  private pending: Buffer = Buffer.alloc(0);
  private nextStream = 1;

  constructor(
    port: number,
    private readonly token: string,
  ) {
    this.socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.socket.on('data', (chunk) => this.read(chunk));
    this.socket.on('error', () => {});
    const windowUpdate = Buffer.alloc(4);
    windowUpdate.writeUInt32BE(MAX_WINDOW - 65_535);
    this.socket.write(
      Buffer.concat([
        PREFACE,
        frame(SETTINGS, 0, 0, initialWindow()),
        frame(WINDOW_UPDATE, 0, 0, windowUpdate),
      ]),
    );
  }

  /** Makes a call whose response is a stream. */
  call(method: string, request: Uint8Array, onMessage: OnMessage): void {
    const stream = this.nextStream;
    this.nextStream += 2;
    this.streams.set(stream, new MessageReader(onMessage));
    this.socket.write(
      Buffer.concat([
        frame(HEADERS, END_HEADERS, stream, headerBlock(`/presence.v1.${method}`, this.token)),
        frame(DATA, END_STREAM, stream, grpcFrame(request)),
      ]),
    );
  }

  /** Makes a call, and waits for the first message. */
  async begin(method: string, request: Uint8Array, onMessage: OnMessage): Promise<void> {
    await new Promise<void>((resolve) => {
      this.call(method, request, (message) => {
        resolve();
        onMessage(message);
      });
    });
  }

  /** Stops reading, so that the server's writes fill up. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Goes without a word. */
  destroy(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    let rest = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    while (rest.length >= FRAME_HEADER) {
      const length = rest.readUIntBE(0, 3);
      if (rest.length < FRAME_HEADER + length) break;
      const type = rest[3]!;
      const isAck = (rest[4]! & ACK) !== 0;
      const payload = rest.subarray(FRAME_HEADER, FRAME_HEADER + length);
      if (type === DATA) this.streams.get(rest.readUInt32BE(5))?.read(payload);
      else if (type === SETTINGS && !isAck) this.socket.write(frame(SETTINGS, ACK, 0));
      else if (type === PING && !isAck) this.socket.write(frame(PING, ACK, 0, payload));
      rest = rest.subarray(FRAME_HEADER + length);
    }
    this.pending = rest;
  }
}

/** Puts gRPC messages together, wherever the frames cut them. */
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

/** How many events a `SubscribeResponse` holds: counts field 1 without decoding it. */
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

/** The bytes of the first field of a message, which has a length. */
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

function frame(type: number, flags: number, stream: number, payload: Uint8Array = EMPTY): Buffer {
  const header = Buffer.alloc(FRAME_HEADER);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

function grpcFrame(message: Uint8Array): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

function initialWindow(): Buffer {
  const setting = Buffer.alloc(6);
  setting.writeUInt16BE(4, 0);
  setting.writeUInt32BE(MAX_WINDOW, 2);
  return setting;
}

/** HPACK without its tables: literals, and names from the static table. */
function headerBlock(path: string, token: string): Buffer {
  return Buffer.concat([
    Buffer.from([0x83, 0x86]), // :method POST, :scheme http
    Buffer.from([0x04]), // :path
    text(path),
    Buffer.from([0x01]), // :authority
    text('localhost'),
    Buffer.from([0x0f, 0x10]), // content-type
    text('application/grpc'),
    Buffer.from([0x00]),
    text('te'),
    text('trailers'),
    Buffer.from([0x0f, 0x08]), // authorization
    text(`Bearer ${token}`),
  ]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([integer(bytes.length, 7), bytes]);
}

function integer(value: number, prefixBits: number): Buffer {
  const max = 2 ** prefixBits - 1;
  if (value < max) return Buffer.from([value]);
  const bytes = [max];
  for (value -= max; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}
