/** One byte for flags and four bytes for the length. */
const PREFIX_BYTES = 5;

/**
 * Returns the message in the envelope of a request. Undefined if there is not exactly one message, or if it is
 * compressed.
 */
export function messageInEnvelope(body: Buffer): Buffer | undefined {
  if (body.length < PREFIX_BYTES || body[0] !== 0) return undefined;
  const message = body.subarray(PREFIX_BYTES);
  return body.readUInt32BE(1) === message.length ? message : undefined;
}

/** Encodes the last envelope of a response, which holds the final status and not a message. */
export function envelopeOf(flag: number, content: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix[0] = flag;
  prefix.writeUInt32BE(content.length, 1);
  return Buffer.concat([prefix, content]);
}
