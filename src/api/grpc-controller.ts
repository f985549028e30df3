import { applyDecorators, Controller, UseFilters, UseGuards } from '@nestjs/common';
import { AuthGuard } from './auth.guard.js';
import { RateLimitGuard } from './rate-limit.guard.js';
import { ErrorFilter } from './error.filter.js';

/**
 * Marks a controller of the gRPC API and adds authentication, rate limits and status codes. It is applied to each
 * controller and not to the application, because the HTTP routes must not use them. `RequestMessage` adds validation.
 */
export function GrpcController(): ClassDecorator {
  return applyDecorators(
    Controller(),
    UseFilters(ErrorFilter),
    UseGuards(AuthGuard, RateLimitGuard),
  );
}
