import type { IncomingMessage } from 'node:http';
import { PayloadTooLargeException, UnsupportedMediaTypeException } from '@nestjs/common';

/** The content type of the requests of the service. */
export const BATCH_TYPE = 'application/cloudevents-batch+json';

/** The largest body, in bytes. A batch has at most 256 KiB, unless a single event is larger. */
export const MAX_BODY_BYTES = 2 ** 20;

/** A request of Express, which is the message itself, or of Fastify, which has the message as `raw`. */
export type HttpRequest = (IncomingMessage | { readonly raw: IncomingMessage }) & {
  readonly headers: IncomingMessage['headers'];
  readonly body?: unknown;
  readonly rawBody?: unknown;
};

/**
 * Returns the bytes of a body. The body parsers of Nest leave this content type alone, so the bytes are read here, unless the
 * application has a parser for it: then it must keep the bytes, as the option `rawBody` of Nest does.
 */
export async function bytesOf(request: HttpRequest): Promise<Buffer> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== BATCH_TYPE) throw new UnsupportedMediaTypeException();
  for (const kept of [request.rawBody, request.body]) if (Buffer.isBuffer(kept)) return kept;
  const message = 'raw' in request ? request.raw : request;
  if (message.readableDidRead) {
    throw new Error(
      `A body parser has read the webhook. Create the application with { rawBody: true }, or remove the parser of ${BATCH_TYPE}.`,
    );
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    if ((length += chunk.length) > MAX_BODY_BYTES) throw new PayloadTooLargeException();
  }
  return Buffer.concat(chunks);
}
