/** The bytes of HTTP/2, for peers that send what no library would allow. */

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
export const MAX_WINDOW = 0x7fff_ffff;
export const FRAME_HEADER_BYTES = 9;

export const FrameType = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

export const Flag = { ACK: 1, END_STREAM: 1, END_HEADERS: 4 } as const;

export const Setting = { HEADER_TABLE_SIZE: 1, INITIAL_WINDOW_SIZE: 4 } as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

const EMPTY = new Uint8Array();

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = EMPTY,
): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** Parses the complete frames at the start of `bytes`, and returns them and the rest. */
export function parseFrames(bytes: Buffer): {
  readonly frames: readonly Frame[];
  readonly rest: Buffer;
} {
  const frames: Frame[] = [];
  let rest = bytes;
  while (rest.length >= FRAME_HEADER_BYTES) {
    const end = FRAME_HEADER_BYTES + rest.readUIntBE(0, 3);
    if (rest.length < end) break;
    frames.push({
      type: rest[3]!,
      flags: rest[4]!,
      stream: rest.readUInt32BE(5),
      payload: rest.subarray(FRAME_HEADER_BYTES, end),
    });
    rest = rest.subarray(end);
  }
  return { frames, rest };
}

/** Returns a SETTINGS frame with these pairs of identifier and value. */
export function settingsFrame(...settings: readonly (readonly [number, number])[]): Buffer {
  const payload = Buffer.alloc(6 * settings.length);
  settings.forEach(([identifier, value], i) => {
    payload.writeUInt16BE(identifier, 6 * i);
    payload.writeUInt32BE(value, 6 * i + 2);
  });
  return frame(FrameType.SETTINGS, 0, 0, payload);
}

export function windowUpdate(stream: number, increment: number): Buffer {
  return frame(FrameType.WINDOW_UPDATE, 0, stream, uint32(increment));
}

export function resetFrame(stream: number, code: number): Buffer {
  return frame(FrameType.RST_STREAM, 0, stream, uint32(code));
}

/** Returns an uncompressed gRPC message. */
export function grpcMessage(message: Uint8Array): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

/** HPACK without dynamic tables: literals, and names from the static table. */
export function headerBlock(
  path: string,
  token: string,
  more: Readonly<Record<string, string>> = {},
): Buffer {
  return Buffer.concat([
    Buffer.from([0x83, 0x86]), // :method POST, :scheme http
    Buffer.from([0x04]), // :path
    text(path),
    Buffer.from([0x01]), // :authority
    text('localhost'),
    Buffer.from([0x0f, 0x10]), // content-type
    text('application/grpc'),
    literal('te', 'trailers'),
    Buffer.from([0x0f, 0x08]), // authorization
    text(`Bearer ${token}`),
    ...Object.entries(more).map(([name, value]) => literal(name, value)),
  ]);
}

/** A literal header that is not added to the dynamic table. */
export function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0x00]), text(name), text(value)]);
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

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
