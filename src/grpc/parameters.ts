import type { ServerWritableStream } from '@grpc/grpc-js';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { callerOf } from './auth.guard.js';
import { ServerStream } from './server-stream.js';

/** The caller of an RPC: a `Caller`. */
export const CurrentCaller = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  callerOf(context),
);

/** The server's end of a streaming RPC: a `ServerStream`. */
export const CurrentStream = createParamDecorator(
  (_data: unknown, context: ExecutionContext) =>
    new ServerStream(context.getArgByIndex<ServerWritableStream<unknown, unknown>>(2)),
);
