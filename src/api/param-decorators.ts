import type { Metadata } from '@grpc/grpc-js';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { callerOf } from './auth.guard.js';
import { requestIdOf } from '../transport/call/request-id.js';
import type { ServerStream } from '../transport/call/server-stream.js';

/** Injects the caller of an RPC: a `Principal`. */
export const CurrentCaller = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  callerOf(context),
);

/** Injects the server side of a streaming RPC: a `ServerStream`. */
export const CurrentStream = createParamDecorator(
  (_data: unknown, context: ExecutionContext): ServerStream => context.getArgByIndex(2),
);

/** Injects the request id of an RPC. */
export const CurrentRequestId = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  requestIdOf(context.getArgByIndex<Metadata>(1)),
);
