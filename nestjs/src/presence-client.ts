import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { createGrpcTransport } from '@connectrpc/connect-node';
import {
  PresenceClient as Client,
  type Attributes,
  type PresenceClientOptions,
} from '@presence-service/client';
import { MODULE_OPTIONS_TOKEN, type PresenceClientModuleOptions } from './module-options.js';
import { PresenceTokenService } from './presence-token.service.js';

const DEFAULT_USER = 'backend';

/** The client of the library, which the module creates and closes when the application shuts down. */
@Injectable()
export class PresenceClient<A = Attributes> extends Client<A> implements OnApplicationShutdown {
  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) options: PresenceClientModuleOptions,
    tokens: PresenceTokenService,
  ) {
    super(clientOptionsOf(options, tokens));
  }

  onApplicationShutdown(): void {
    this.close();
  }
}

function clientOptionsOf(
  options: PresenceClientModuleOptions,
  tokens: PresenceTokenService,
): PresenceClientOptions {
  const { url, transport, token, userId = DEFAULT_USER, timeoutMs } = options;
  if (transport === undefined && url === undefined) {
    throw new TypeError('The options of PresenceClientModule need `url` or `transport`.');
  }
  if (token === undefined && !tokens.canSign) {
    throw new TypeError('The options of PresenceClientModule need `token` or `tokens`.');
  }
  return {
    // A function, so that the client can reach another node over a new connection.
    transport: transport ?? (() => createGrpcTransport({ baseUrl: url! })),
    token: token ?? (() => tokens.sign(userId, { admin: true })),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
}
