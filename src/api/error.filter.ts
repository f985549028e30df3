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

/** When a command is worth another try that found the store out of reach. */
const RETRY_AFTER_MS = 1000;

/** The one place where an error becomes a gRPC status. What was not meant for the client does not reach it. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(ErrorFilter.name);

  constructor(private readonly refusedCalls: RejectionCounters) {}

  catch(error: unknown, host: ArgumentsHost): Observable<never> {
    // Now and not when it is thrown: the headers of the answer may have to name the call that has failed.
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
