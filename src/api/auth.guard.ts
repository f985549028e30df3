import type { Metadata } from '@grpc/grpc-js';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { InvalidToken } from '../auth/invalid-token.js';
import { TokenRevocations } from '../auth/token-revocations.js';
import { TokenVerifier } from '../auth/token-verifier.js';
import { Connections } from '../transport/connections/connections.js';
import { sessionOf } from '../transport/grpc/grpc-server-stream.js';

const BEARER = /^Bearer +(\S+)$/i;
const USUAL = 'Bearer ';

/** The property of the metadata of a call that holds its principal. A WeakMap would cost a microsecond for each call. */
const CALLER = Symbol('caller');

type CallMetadata = Metadata & { [CALLER]?: Principal };

/** Rejects every call without a valid token, or with a revoked one, before its request is decoded. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly revocations: TokenRevocations,
    private readonly connections: Connections,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const [, metadata, call] = context.getArgs<[unknown, CallMetadata, object]>();
    // Most tokens are in the cache. A promise for each call, or a regular expression for its header, would cost
    // measurable time.
    const caller = this.verifier.fromCache(wellFormedToken(metadata));
    if (caller !== undefined) return this.letIn(caller, metadata, call);
    const verified = this.verifier.principalOf(bearerToken(metadata));
    return verified instanceof Promise
      ? verified.then((principal) => this.letIn(principal, metadata, call))
      : this.letIn(verified, metadata, call);
  }

  private letIn(caller: Principal, metadata: CallMetadata, call: object): true {
    // A token that is cached may have been revoked since.
    this.revocations.assertValid(caller);
    metadata[CALLER] = caller;
    this.connections.trust(sessionOf(call));
    return true;
  }
}

/** Returns the principal that the guard accepted. */
export function callerOf(context: ExecutionContext): Principal {
  const caller = context.getArgByIndex<CallMetadata>(1)[CALLER];
  if (caller === undefined) throw new Error('the handler has no AuthGuard');
  return caller;
}

/**
 * Returns the token of a header that is written as most clients write it. The token is not verified, so it may only be
 * looked up in the cache of verified tokens.
 */
function wellFormedToken(metadata: Metadata): string {
  const [value, second] = metadata.get('authorization');
  const isUsual = second === undefined && typeof value === 'string' && value.startsWith(USUAL);
  return isUsual ? value.slice(USUAL.length) : '';
}

function bearerToken(metadata: Metadata): string {
  const values = metadata.get('authorization');
  const [, token] = BEARER.exec(values.length === 1 ? String(values[0]) : '') ?? [];
  if (token === undefined) throw new InvalidToken('no token');
  return token;
}
