import { RejectedError } from '../domain/rejected-error.js';
import type { Principal } from './principal.js';

/** Throws a `RejectedError` unless the token of the caller has the scope `presence:admin`. */
export function requireAdmin(caller: Principal): void {
  if (caller.isAdmin) return;
  throw new RejectedError(
    'ADMIN_SCOPE_REQUIRED',
    'the call needs a token with the scope presence:admin',
  );
}
