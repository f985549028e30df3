/** A byte that says whether the message is compressed, and four for its length. */
const PREFIX_BYTES = 5;

const shared = new WeakMap<Buffer, Buffer>();

/** A message as gRPC puts it on the stream. */
export function encodeFrame(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  message.copy(frame, PREFIX_BYTES);
  return frame;
}

/** The same, made once for a message that many are sent: whoever is sent the same Buffer is sent the same frame. */
export function cachedFrame(message: Buffer): Buffer {
  let frame = shared.get(message);
  if (frame === undefined) shared.set(message, (frame = encodeFrame(message)));
  return frame;
}
