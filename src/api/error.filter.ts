import type { Metadata } from '@grpc/grpc-js';
import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';
import { InvalidToken } from '../auth/invalid-token.js';
import { KeysUnavailable } from '../auth/keys-unavailable.js';
import { RetryableError, RejectedError } from '../domain/rejected-error.js';
import { RejectionCounters } from '../limits/rejection-counters.js';
import { describeError } from '../text/safe-text.js';
import { errorFor, invalidRequest } from './error-status.js';
import { requestIdOf } from '../transport/call/request-id.js';
import { retryInfo, StatusError } from '../transport/call/status-error.js';

/** The retry hint in milliseconds if the store is unreachable. */
const RETRY_AFTER_MS = 1000;

/** Converts every error to a gRPC status with a reason, and counts it. Internal details do not reach the client. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(ErrorFilter.name);

  constructor(private readonly counters: RejectionCounters) {}

  catch(error: unknown, host: ArgumentsHost): Observable<never> {
    // This runs before the error is thrown, because it may add the request id to the metadata, from which the response
    // headers are built.
    const { reason, status } = this.convert(error, host.getArgByIndex<Metadata>(1));
    this.counters.add(reason);
    return throwError(() => status);
  }

  private convert(error: unknown, metadata: Metadata): StatusError {
    if (error instanceof StatusError) return error;
    if (error instanceof RejectedError) return rejectionStatus(error);
    if (error instanceof InvalidToken || error instanceof KeysUnavailable) {
      return errorFor(error.reason, error.message);
    }
    const requestId = requestIdOf(metadata);
    this.logger.error(`A call failed: ${describeError(error)}`, { requestId });
    return errorFor('INTERNAL_ERROR', `internal error, request id ${requestId}`);
  }
}

function rejectionStatus(rejection: RejectedError): StatusError {
  const { reason, message, field } = rejection;
  if (reason === 'INVALID_FIELD' && field !== undefined) {
    return invalidRequest(reason, [{ field, description: message }]);
  }
  if (rejection instanceof RetryableError) {
    return errorFor(reason, message, retryInfo(rejection.retryAfterMs));
  }
  if (reason === 'STORE_UNAVAILABLE') return errorFor(reason, message, retryInfo(RETRY_AFTER_MS));
  return errorFor(reason, message);
}
