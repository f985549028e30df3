import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { InvalidToken } from '../auth/invalid-token.js';
import { KeysUnavailable } from '../auth/keys-unavailable.js';
import { RejectedError, type RejectionReason } from '../domain/rejected-error.js';
import { RejectionCounters } from '../limits/rejection-counters.js';

const STATUSES: Readonly<Partial<Record<RejectionReason, number>>> = {
  ADMIN_SCOPE_REQUIRED: 403,
  INVALID_FIELD: 400,
  TOKEN_EXPIRED: 401,
  TOKEN_INVALID: 401,
  TOKEN_MISSING: 401,
  TOKEN_REVOKED: 401,
};

/** Every other rejection is temporary: the store or the keys cannot be reached. */
const UNAVAILABLE = 503;

/** Responds to a rejected request with a status and the reason, and counts it as the API counts its rejections. */
@Catch(InvalidToken, KeysUnavailable, RejectedError)
export class RejectionFilter implements ExceptionFilter {
  constructor(private readonly counters: RejectionCounters) {}

  catch({ reason, message }: InvalidToken | KeysUnavailable | RejectedError, host: ArgumentsHost) {
    this.counters.add(reason);
    const response = host.switchToHttp().getResponse<Response>();
    response.status(STATUSES[reason] ?? UNAVAILABLE).json({ reason, message });
  }
}
