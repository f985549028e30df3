import type { Metadata } from '@grpc/grpc-js';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { callerOf } from './auth.guard.js';
import { requestIdOf } from '../transport/call/request-id.js';
import type { ServerStream } from '../transport/call/server-stream.js';
import { ProtoValidationPipe } from './validation.pipe.js';

const VALIDATION = new ProtoValidationPipe();

/**
 * Injects the request, decoded and checked against the class-validator rules of its class. The pipe belongs to this
 * parameter, because Nest would run a pipe of the controller for every parameter, which costs promises for each call.
 */
export const RequestMessage = (): ParameterDecorator => Payload(VALIDATION);

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
