import type { PresenceError, PresenceErrorCode } from './presence-error.js';

/** Where a session stands. */
export type SessionState =
  | { readonly status: 'connecting' }
  | { readonly status: 'online'; readonly sessionId: string }
  | {
      readonly status: 'reconnecting';
      readonly error: PresenceError;
      /** How long until the next try. */
      readonly retryInMs: number;
    }
  | {
      readonly status: 'closed';
      /** `closed` when the program did it, or what cannot be helped by trying again. */
      readonly reason: PresenceErrorCode;
      readonly error: PresenceError;
    };
