import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { cors } from '@connectrpc/connect';
import { REQUEST_ID } from '../call/request-id.js';

/** How long a browser may remember that it has asked: as long as any does. */
const MAX_AGE_SECONDS = '7200';

const ALLOWED_HEADERS = [
  ...cors.allowedHeaders,
  'Authorization',
  REQUEST_ID,
  'traceparent',
  'tracestate',
];
const EXPOSED_HEADERS = [...cors.exposedHeaders, REQUEST_ID].join(', ');

/** A browser asks for some ten. Names beyond these bounds are not allowed. */
const MAX_ASKED = 64;
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]{1,64}$/;

/**
 * Allows the headers that are asked for beside those that the protocols need: tracing tools add headers of their own.
 * None of them can do harm, since the service reads no other header, and takes nobody for somebody without a token.
 */
function allowed(asked = ''): OutgoingHttpHeaders {
  const names = asked.split(',', MAX_ASKED).map((name) => name.trim());
  return {
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': [
      ...ALLOWED_HEADERS,
      ...names.filter((name) => HEADER_NAME.test(name)),
    ].join(', '),
    'access-control-max-age': MAX_AGE_SECONDS,
  };
}

/** Lets pages of other origins call the API. No cookies are involved: a page has a token, or it gets nowhere. */
export class Cors {
  private readonly origins: ReadonlySet<string>;

  /** `*` stands for all. */
  constructor(origins: readonly string[]) {
    this.origins = new Set(origins);
  }

  /** Tells the browser whether a page may see the answer. */
  admit({ headers: { origin } }: IncomingMessage, response: ServerResponse): void {
    if (this.origins.size === 0) return;
    response.setHeader('vary', 'origin');
    if (origin === undefined || !this.admits(origin)) return;
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
  }

  /** Answers a browser that asks what a page may send, before it sends it. */
  answerPreflight({ headers }: IncomingMessage, response: ServerResponse): void {
    const { origin, 'access-control-request-headers': asked } = headers;
    const admitted = origin !== undefined && this.admits(origin);
    if (admitted) response.setHeader('vary', 'origin, access-control-request-headers');
    response.writeHead(204, admitted ? allowed(asked) : {}).end();
  }

  private admits(origin: string): boolean {
    return this.origins.has('*') || this.origins.has(origin);
  }
}
