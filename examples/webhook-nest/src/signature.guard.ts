import {
  Injectable,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
  type RawBodyRequest,
} from '@nestjs/common';
import type { Request } from 'express';
import { WebhookSecrets } from './webhook-secrets.js';

/** A request that is older could be one that somebody recorded and sends again. */
const TOLERANCE_SECONDS = 300;

/** Lets only requests of the service pass. */
@Injectable()
export class SignatureGuard implements CanActivate {
  constructor(private readonly secrets: WebhookSecrets) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<RawBodyRequest<Request>>();
    const id = request.header('webhook-id') ?? '';
    const timestamp = request.header('webhook-timestamp') ?? '';
    const signatures = request.header('webhook-signature') ?? '';
    const isRecent = Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE_SECONDS;
    const body = request.rawBody;
    if (body === undefined || !isRecent || !this.secrets.match(signatures, id, timestamp, body)) {
      throw new UnauthorizedException();
    }
    return true;
  }
}
