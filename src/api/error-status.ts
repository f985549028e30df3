import {
  badRequest,
  statusError,
  type ErrorDetail,
  type FieldViolation,
  type StatusError,
} from '../transport/call/status-error.js';
import { REJECTIONS, type ErrorReason } from './rejections.js';

/** Creates the error that a client receives for a reason. */
export function errorFor(
  reason: ErrorReason,
  message: string,
  ...details: readonly ErrorDetail[]
): StatusError {
  return statusError(REJECTIONS[reason].code, reason, message, ...details);
}

/** Creates the error for invalid fields, with google.rpc.BadRequest. */
export function invalidRequest(
  reason: 'INVALID_FIELD' | 'MALFORMED_REQUEST',
  violations: readonly FieldViolation[],
): StatusError {
  const message = violations.map(({ field, description }) => `${field} ${description}`).join('; ');
  return errorFor(reason, message, badRequest(violations));
}
