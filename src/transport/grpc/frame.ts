/** One byte for the compression flag and four bytes for the length. */
const PREFIX_BYTES = 5;

const shared = new WeakMap<Buffer, Buffer>();

/** Encodes a message as a gRPC frame. */
export function encodeFrame(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  message.copy(frame, PREFIX_BYTES);
  return frame;
}

/**
 * Returns the gRPC frame of a message. The same Buffer always gives the same frame, so a message for many subscribers
 * is framed once.
 */
export function cachedFrame(message: Buffer): Buffer {
  let frame = shared.get(message);
  if (frame === undefined) shared.set(message, (frame = encodeFrame(message)));
  return frame;
}
