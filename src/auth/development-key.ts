import { randomBytes } from 'node:crypto';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../config/config.js';
import { signToken } from './sign-token.js';

const A_DAY_SECONDS = 86_400;

/**
 * A random key for a server without a configured key. It exists only in this process. With it, developers can try the
 * service without any setup.
 */
@Injectable()
export class DevelopmentKey implements OnApplicationBootstrap {
  /** Undefined when a key is configured. */
  readonly secret: string | undefined;
  private readonly ttlSeconds: number;
  private readonly logger = new Logger(DevelopmentKey.name);

  constructor(private readonly config: Config) {
    const { secrets, secretFile, jwksUrl, publicKeyFile, maxTokenLifetimeMs } = config.auth;
    this.ttlSeconds = Math.min(A_DAY_SECONDS, Math.floor((maxTokenLifetimeMs ?? Infinity) / 1000));
    const configured = [secrets, secretFile, jwksUrl, publicKeyFile];
    const isNeeded = configured.every((key) => key === undefined);
    this.secret = isNeeded ? randomBytes(32).toString('base64url') : undefined;
  }

  /** Returns a token that is valid for a day, or as long as a token may be. Undefined if a key is configured: tokens then come from elsewhere. */
  async tokenFor(userId: string, { isAdmin = false } = {}): Promise<string | undefined> {
    if (this.secret === undefined) return undefined;
    const { issuer, audience } = this.config.auth;
    const request = { userId, isAdmin, ttlSeconds: this.ttlSeconds, issuer, audience };
    return signToken({ key: this.secret, ...request });
  }

  async onApplicationBootstrap(): Promise<void> {
    const token = await this.tokenFor('alice');
    if (token === undefined) return;
    const lifetime = this.ttlSeconds === A_DAY_SECONDS ? '24 hours' : `${this.ttlSeconds} seconds`;
    this.logger.warn(
      `No token key is configured (AUTH_...). The server uses a random key until this process ends. A token for alice, valid for ${lifetime}: ${token}`,
    );
  }
}
