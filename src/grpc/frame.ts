/** A byte that says whether the message is compressed, and four for its length. */
const PREFIX_BYTES = 5;

const shared = new WeakMap<Buffer, Buffer>();

/**
 * A message as gRPC puts it on the stream. The same message is framed once: whoever is sent the same Buffer is sent
 * the same frame.
 */
export function frameOf(message: Buffer): Buffer {
  let frame = shared.get(message);
  if (frame === undefined) {
    frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
    frame[0] = 0;
    frame.writeUInt32BE(message.length, 1);
    message.copy(frame, PREFIX_BYTES);
    shared.set(message, frame);
  }
  return frame;
}
