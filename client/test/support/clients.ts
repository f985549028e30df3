import { createPresenceClient, type PresenceClient } from '@presence-service/client';
import type { PresenceClientOptions } from '@presence-service/client';
import type { GrantsClaim } from '../../../src/auth/grants.js';
import { MAX_OVERTIME_MS } from '../../../src/auth/token-lifetime.js';
import { PATIENCE_MS } from '../../../test/support/eventually.js';
import { Service, tokenOf, type TokenOptions } from '../../../test/support/service.js';
import { Gate } from './gate.js';
import { inTurn, type Protocol } from './protocols.js';

interface ClientOptions extends Partial<PresenceClientOptions> {
  readonly isAdmin?: boolean;
  readonly grants?: GrantsClaim;
  /** The gate that holds back the calls of the client. */
  readonly gate?: Gate;
}

/** The lifetime of a token of `shortToken`. It ends before its user would become IDLE. */
const SHORT_LIFETIME_SECONDS = 240;

/**
 * Signs a token that expires in the time that `letShortTokensExpire` lets pass. It lasts minutes by
 * the real clock, by which a session is renewed before that.
 */
export function shortToken(
  service: Service,
  userId: string,
  options: TokenOptions = {},
): Promise<string> {
  const times = { ttlSeconds: SHORT_LIFETIME_SECONDS, now: service.clock.now() };
  return tokenOf(userId, { ...options, ...times });
}

/** Passes the lifetime of the tokens of `shortToken`, and the time for which an expired one is accepted. */
export function letShortTokensExpire(service: Service): Promise<void> {
  return service.passTime(SHORT_LIFETIME_SECONDS * 1000 + MAX_OVERTIME_MS);
}

/** The clients of this library in one test. */
export class Clients {
  private readonly opened: (() => void)[] = [];

  constructor(private readonly protocol: Protocol) {}

  /** Creates a client of a user with its own connections, like a program that has just started. */
  at(
    addresses: readonly string[],
    userId: string,
    { gate = new Gate(), ...options }: ClientOptions = {},
  ): PresenceClient {
    const client = createPresenceClient({
      transport: () => {
        const { transports, close } = this.protocol.open(addresses);
        this.opened.push(close);
        return gate.before(inTurn(transports));
      },
      token: () => tokenOf(userId, options),
      // A server can take long to start on a busy machine.
      timeoutMs: PATIENCE_MS,
      ...options,
    });
    this.opened.push(() => client.close());
    return client;
  }

  of(service: Service, userId: string, options?: ClientOptions): PresenceClient {
    return this.at(service.addresses(this.protocol.addressOf), userId, options);
  }

  close(): void {
    for (const close of this.opened.splice(0).reverse()) close();
  }
}
