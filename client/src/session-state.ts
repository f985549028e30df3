import type { PresenceError, PresenceErrorCode } from './presence-error.js';

/** The state of a session. */
export type SessionState =
  | { readonly status: 'connecting' }
  | { readonly status: 'online'; readonly sessionId: string }
  | {
      readonly status: 'reconnecting';
      readonly error: PresenceError;
      /** The delay until the next attempt, in milliseconds. */
      readonly retryInMs: number;
    }
  | {
      readonly status: 'closed';
      /** `closed` if the program closed the session, otherwise the code of an error that no retry can fix. */
      readonly reason: PresenceErrorCode;
      readonly error: PresenceError;
    };
