/** A byte of flags, and four for the length. */
const PREFIX_BYTES = 5;

/** Takes the one message of a request out of its envelope. Undefined: there is another number, or it is compressed. */
export function messageInEnvelope(body: Buffer): Buffer | undefined {
  if (body.length < PREFIX_BYTES || body[0] !== 0) return undefined;
  const message = body.subarray(PREFIX_BYTES);
  return body.readUInt32BE(1) === message.length ? message : undefined;
}

/** Puts what is no message behind the messages of an answer. */
export function envelopeOf(flag: number, content: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix[0] = flag;
  prefix.writeUInt32BE(content.length, 1);
  return Buffer.concat([prefix, content]);
}
