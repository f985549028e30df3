import { applyDecorators, Controller, UseFilters, UseGuards, UsePipes } from '@nestjs/common';
import { AuthGuard } from './auth.guard.js';
import { RateLimitGuard } from './rate-limit.guard.js';
import { ErrorFilter } from './error.filter.js';
import { ProtoValidationPipe } from './validation.pipe.js';

/**
 * A controller of the gRPC API: guarded, limited, checked, and with our status codes. Put on each one rather than on the
 * application, whose HTTP side must not meet them.
 */
export function GrpcController(): ClassDecorator {
  return applyDecorators(
    Controller(),
    UseFilters(ErrorFilter),
    UseGuards(AuthGuard, RateLimitGuard),
    UsePipes(ProtoValidationPipe),
  );
}
