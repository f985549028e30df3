import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { cors } from '@connectrpc/connect';
import { REQUEST_ID } from '../call/request-id.js';

/** The time for which a browser may cache the result of a preflight request. No browser caches it longer. */
const MAX_AGE_SECONDS = '7200';

const ALLOWED_HEADERS = [
  ...cors.allowedHeaders,
  'Authorization',
  REQUEST_ID,
  'traceparent',
  'tracestate',
];
const EXPOSED_HEADERS = [...cors.exposedHeaders, REQUEST_ID].join(', ');

/** The limits for requested header names. A browser requests about ten; names beyond these limits are not allowed. */
const MAX_ASKED = 64;
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]{1,64}$/;

/**
 * Returns the headers of a preflight response. Requested headers are allowed in addition to those of the protocols,
 * because tracing tools add their own. This is safe: the service ignores unknown headers, and it authenticates only by
 * token.
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

/** Allows pages of other origins to call the API. The service uses tokens and no cookies. */
export class Cors {
  private readonly origins: ReadonlySet<string>;

  /** `*` allows all origins. */
  constructor(origins: readonly string[]) {
    this.origins = new Set(origins);
  }

  /** Sets the headers that let a page of an allowed origin read the response. */
  admit({ headers: { origin } }: IncomingMessage, response: ServerResponse): void {
    if (this.origins.size === 0) return;
    response.setHeader('vary', 'origin');
    if (origin === undefined || !this.admits(origin)) return;
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
  }

  /** Responds to a preflight request (OPTIONS). */
  respondToPreflight({ headers }: IncomingMessage, response: ServerResponse): void {
    const { origin, 'access-control-request-headers': asked } = headers;
    const admitted = origin !== undefined && this.admits(origin);
    if (admitted) response.setHeader('vary', 'origin, access-control-request-headers');
    response.writeHead(204, admitted ? allowed(asked) : {}).end();
  }

  private admits(origin: string): boolean {
    return this.origins.has('*') || this.origins.has(origin);
  }
}
