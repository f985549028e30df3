import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { callerOf } from './auth.guard.js';
import type { ServerStream } from './server-stream.js';

/** The caller of an RPC: a `Caller`. */
export const CurrentCaller = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  callerOf(context),
);

/** The server's end of a streaming RPC: a `ServerStream`. */
export const CurrentStream = createParamDecorator(
  (_data: unknown, context: ExecutionContext): ServerStream => context.getArgByIndex(2),
);
