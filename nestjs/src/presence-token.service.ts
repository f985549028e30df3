import { Inject, Injectable } from '@nestjs/common';
import { grantsClaimOf, isId } from './grants.js';
import { MODULE_OPTIONS_TOKEN, type PresenceClientModuleOptions } from './module-options.js';
import { signingKeyOf, type SigningKey } from './signing-key.js';
import type { TokenGrants, TokenOptions } from './token-options.js';

const ADMIN_SCOPE = 'presence:admin';
const SECONDS_PER_HOUR = 3600;

/** The service rejects longer tokens. */
const MAX_TOKEN_CHARACTERS = 8192;

/** Signs the tokens with which the users of the application call the service. */
@Injectable()
export class PresenceTokenService {
  private readonly options: TokenOptions | undefined;
  private readonly key: SigningKey | undefined;

  constructor(@Inject(MODULE_OPTIONS_TOKEN) { tokens }: PresenceClientModuleOptions) {
    this.options = tokens;
    this.key = tokens && signingKeyOf(tokens);
  }

  /** Whether the application has named a key. */
  get canSign(): boolean {
    return this.key !== undefined;
  }

  /** Signs a token of a user. Throws `RangeError` if the service would reject it. */
  sign(userId: string, grants: TokenGrants = {}): string {
    const { key, options = {} } = this;
    if (key === undefined) throw new Error('The options of PresenceClientModule have no `tokens`.');
    if (!isId(userId)) {
      throw new RangeError('A user id has 1 to 128 characters and no control characters.');
    }
    const { keyId, issuer, audience, grantsClaim = 'presence' } = options;
    const iat = Math.floor(Date.now() / 1000);
    const claims = {
      sub: userId,
      iat,
      exp: iat + secondsOf(grants.hours ?? options.hours ?? 1),
      iss: issuer,
      aud: audience,
      ...(grants.admin && { scope: ADMIN_SCOPE }),
      [grantsClaim]: grantsClaimOf(grants),
    };
    const header = { alg: key.alg, typ: 'JWT', kid: keyId };
    const signed = `${encode(header)}.${encode(claims)}`;
    const token = `${signed}.${key.sign(signed).toString('base64url')}`;
    if (token.length <= MAX_TOKEN_CHARACTERS) return token;
    throw new RangeError(
      `The token has ${token.length} characters, and the service accepts ${MAX_TOKEN_CHARACTERS}. Grant fewer channels, or prefixes.`,
    );
  }
}

function secondsOf(hours: number): number {
  const seconds = Math.floor(hours * SECONDS_PER_HOUR);
  if (Number.isFinite(seconds) && seconds >= 1) return seconds;
  throw new RangeError('hours must be a number, and at least a second');
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
