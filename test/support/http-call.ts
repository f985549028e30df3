/** The content types of the API over HTTP/1.1, for unary and server-streaming methods. */
export const CONTENT_TYPES = {
  unary: [
    'application/json',
    'application/proto',
    'application/grpc-web+json',
    'application/grpc-web+proto',
  ],
  stream: [
    'application/connect+json',
    'application/connect+proto',
    'application/grpc-web+json',
    'application/grpc-web+proto',
  ],
} as const;

const PREFIX_BYTES = 5;

/** Whether a body of this type is the message without an envelope. */
function isUnary(contentType: string): boolean {
  return /^application\/(json|proto)$/.test(contentType);
}

/** Whether requests and responses of this type are JSON. */
export function isJson(contentType: string): boolean {
  return contentType.endsWith('json');
}

/** Returns a message as a request body of this type. */
export function bodyOf(contentType: string, message: string | Uint8Array): Buffer {
  const bytes = Buffer.from(message);
  if (isUnary(contentType)) return bytes;
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

/**
 * Calls the API with plain `fetch`, and returns the complete response, without the envelope of the
 * first message.
 */
export async function callOverHttp(
  url: string,
  contentType: string,
  body: Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly text: string; readonly headers: Headers }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': contentType, ...headers },
    body,
    duplex: 'half',
  });
  const answer = Buffer.from(await response.arrayBuffer());
  const hasEnvelope = response.ok && !isUnary(contentType);
  const text = answer.subarray(hasEnvelope ? PREFIX_BYTES : 0).toString();
  return { status: response.status, text, headers: response.headers };
}
