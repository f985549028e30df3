import {
  applyDecorators,
  createParamDecorator,
  HttpCode,
  HttpStatus,
  Injectable,
  Post,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { eventsIn, PresenceWebhooks } from './presence-webhooks.js';
import type { HttpRequest } from './webhook-body.js';

/** Lets only requests pass that the service has signed with the secret in the options `webhook`. */
@Injectable()
export class PresenceWebhookGuard implements CanActivate {
  constructor(private readonly webhooks: PresenceWebhooks) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    await this.webhooks.verify(context.switchToHttp().getRequest<HttpRequest>());
    return true;
  }
}

/**
 * Makes a method of a controller the receiver of webhooks: `POST` to this path, with `PresenceWebhookGuard`. The response is 204
 * when the method has resolved. If it throws, the response is that of the exception, and the service sends the events again.
 */
export function PresenceWebhook(path?: string | string[]): MethodDecorator {
  return applyDecorators(
    Post(path),
    HttpCode(HttpStatus.NO_CONTENT),
    UseGuards(PresenceWebhookGuard),
  );
}

/** The verified events of the request, as a list of `PresenceWebhookEvent`, oldest first for each user. */
export const PresenceWebhookEvents: () => ParameterDecorator = createParamDecorator(
  (_: unknown, context: ExecutionContext) => eventsIn(context.switchToHttp().getRequest<object>()),
);
