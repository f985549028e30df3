import { Inject, Injectable, UnauthorizedException, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { MODULE_OPTIONS_TOKEN, type PresenceClientModuleOptions } from './module-options.js';
import { BATCH_TYPE, bytesOf, MAX_BODY_BYTES, type HttpRequest } from './webhook-body.js';
import { webhookEventsOf, type PresenceWebhookEvent } from './webhook-event.js';
import { isRecent, isSigned, keysOf, signedHeadersOf } from './webhook-signatures.js';

/** The methods of an application of Fastify that the module calls. */
interface Fastify {
  hasContentTypeParser(type: string): boolean;
  addContentTypeParser(
    type: string,
    options: { readonly parseAs: 'buffer'; readonly bodyLimit: number },
    parser: (
      request: unknown,
      body: Buffer,
      done: (error: Error | null, body: Buffer) => void,
    ) => void,
  ): void;
}

/** Verifies the requests of the service, and keeps their events for the parameters of the methods that handle them. */
@Injectable()
export class PresenceWebhooks implements OnModuleInit {
  private readonly secret: (() => string | Promise<string>) | undefined;

  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) { webhook }: PresenceClientModuleOptions,
    private readonly host: HttpAdapterHost,
  ) {
    if (webhook === undefined) return;
    const { secret } = webhook;
    if (typeof secret === 'string') keysOf(secret);
    this.secret = typeof secret === 'string' ? () => secret : secret;
  }

  /** Fastify refuses content types without a parser. Express leaves the body of others unread. */
  onModuleInit(): void {
    // An application without HTTP has no adapter, although the types of Nest say otherwise.
    const adapter = this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
    if (this.secret === undefined || adapter?.getType() !== 'fastify') return;
    const fastify = adapter.getInstance<Fastify>();
    if (fastify.hasContentTypeParser(BATCH_TYPE)) return;
    const options = { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES } as const;
    fastify.addContentTypeParser(BATCH_TYPE, options, (_, body, done) => done(null, body));
  }

  /** Throws an exception of HTTP unless the service has signed the request within the last minutes. */
  async verify(request: HttpRequest): Promise<void> {
    const { secret } = this;
    if (secret === undefined)
      throw new Error('The options of PresenceClientModule have no `webhook`.');
    const headers = signedHeadersOf(request.headers);
    if (!isRecent(headers)) throw new UnauthorizedException();
    const body = await bytesOf(request);
    if (!isSigned(headers, body, await secret())) throw new UnauthorizedException();
    verified.set(request, webhookEventsOf(body));
  }
}

const verified = new WeakMap<object, readonly PresenceWebhookEvent[]>();

/** Returns the events of a request that was verified. */
export function eventsIn(request: object): readonly PresenceWebhookEvent[] {
  const events = verified.get(request);
  if (events !== undefined) return events;
  throw new Error('@PresenceWebhookEvents() needs @PresenceWebhook() or PresenceWebhookGuard.');
}
