import { status, type Metadata } from '@grpc/grpc-js';
import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import { throwError, type Observable } from 'rxjs';
import { InvalidToken } from '../auth/invalid-token.js';
import { KeysUnavailable } from '../auth/keys-unavailable.js';
import { NotNow, RejectedError } from '../domain/rejected-error.js';
import { RejectionCounters } from '../limits/rejection-counters.js';
import { describeError } from '../text/safe-text.js';
import { REJECTIONS } from './rejections.js';
import { requestIdOf } from '../transport/call/request-id.js';
import { invalidArgument, withRetryInfo, statusError } from '../transport/call/status-error.js';

/** The retry hint in milliseconds if the store is unreachable. */
const RETRY_AFTER_MS = 1000;

/** Converts every error to a gRPC status. Internal details do not reach the client. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(ErrorFilter.name);

  constructor(private readonly refusedCalls: RejectionCounters) {}

  catch(error: unknown, host: ArgumentsHost): Observable<never> {
    // This runs before the error is thrown, because it may add the request id to the metadata, from which the response
    // headers are built.
    const failure = this.toStatus(error, host.getArgByIndex<Metadata>(1)).getError();
    return throwError(() => failure);
  }

  private toStatus(error: unknown, metadata: Metadata): RpcException {
    if (error instanceof RpcException) return error;
    if (error instanceof RejectedError) {
      this.refusedCalls.add(error.reason);
      return refusalStatus(error);
    }
    if (error instanceof InvalidToken) return statusError(status.UNAUTHENTICATED, error.message);
    if (error instanceof KeysUnavailable) return statusError(status.UNAVAILABLE, error.message);
    const requestId = requestIdOf(metadata);
    this.logger.error(`A call failed: ${describeError(error)}`, { requestId });
    return statusError(status.INTERNAL, `internal error, request id ${requestId}`);
  }
}

function refusalStatus(refusal: RejectedError): RpcException {
  const { reason, message, field } = refusal;
  const { code } = REJECTIONS[reason];
  if (code === status.INVALID_ARGUMENT && field !== undefined) {
    return invalidArgument([{ field, description: message }]);
  }
  if (refusal instanceof NotNow) return withRetryInfo(code, message, refusal.retryAfterMs);
  if (reason === 'STORE_UNAVAILABLE') return withRetryInfo(code, message, RETRY_AFTER_MS);
  return statusError(code, message);
}
