import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { InvalidToken } from '../auth/invalid-token.js';
import type { Principal } from '../auth/principal.js';
import { requireAdmin } from '../auth/require-admin.js';
import { TokenRevocations } from '../auth/token-revocations.js';
import { TokenVerifier } from '../auth/token-verifier.js';

const BEARER = /^Bearer +(\S+)$/i;

/** The request of an admin. */
export type AdminRequest = Request & { caller?: Principal };

/** Rejects every HTTP request without a valid token of the scope `presence:admin`, or with a revoked one. */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly revocations: TokenRevocations,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AdminRequest>();
    const [, token] = BEARER.exec(request.headers.authorization ?? '') ?? [];
    if (token === undefined) throw new InvalidToken('no token');
    const caller = await this.verifier.verify(token);
    this.revocations.assertValid(caller);
    requireAdmin(caller);
    request.caller = caller;
    return true;
  }
}
