import type { Metadata } from '@grpc/grpc-js';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { Principal } from '../auth/principal.js';
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

/** A streaming RPC that is served. */
export class StreamingCall {
  constructor(
    readonly caller: Principal,
    readonly stream: ServerStream,
    private readonly metadata: Metadata,
  ) {}

  /** The request id. If the caller sent none, the first use generates one. */
  get requestId(): string {
    return requestIdOf(this.metadata);
  }
}

/**
 * Injects a streaming RPC: a `StreamingCall`. One parameter has all of it, because Nest creates several promises for each
 * parameter of a call.
 */
export const CurrentStreamingCall = createParamDecorator(
  (_data: unknown, context: ExecutionContext) =>
    new StreamingCall(callerOf(context), context.getArgByIndex(2), context.getArgByIndex(1)),
);

/** Injects the request id of an RPC. */
export const CurrentRequestId = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  requestIdOf(context.getArgByIndex<Metadata>(1)),
);
