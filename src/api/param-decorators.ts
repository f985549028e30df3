import type { Metadata } from '@grpc/grpc-js';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { callerOf } from './auth.guard.js';
import { requestIdOf } from '../transport/call/request-id.js';
import type { ServerStream } from '../transport/call/server-stream.js';

/** The caller of an RPC: a `Caller`. */
export const CurrentCaller = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  callerOf(context),
);

/** The server's end of a streaming RPC: a `ServerStream`. */
export const CurrentStream = createParamDecorator(
  (_data: unknown, context: ExecutionContext): ServerStream => context.getArgByIndex(2),
);

/** What an RPC is called in the log. */
export const CurrentRequestId = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  requestIdOf(context.getArgByIndex<Metadata>(1)),
);
