import { Refusal } from '../domain/refusal.js';
import type { Caller } from './caller.js';

/** Refuses a caller who may name nobody else. */
export function requireAdmin(caller: Caller): void {
  if (caller.isAdmin) return;
  throw new Refusal('ADMIN_SCOPE_REQUIRED', 'this needs a token with the scope presence:admin');
}
