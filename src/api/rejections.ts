import { status } from '@grpc/grpc-js';
import type { RejectionReason } from '../domain/rejected-error.js';

/** The description of one reason for clients and their developers. `docs/errors.md` is generated from it. */
export interface Rejection {
  /** The gRPC status code of the response. */
  readonly code: status;
  /** The condition under which the service rejects a call or ends a stream for this reason. Markdown. */
  readonly when: string;
  /** The next step of the client. Markdown. */
  readonly action: string;
}

/** Every reason. The compiler reports a reason that is missing here. */
export const REJECTIONS: Readonly<Record<RejectionReason, Rejection>> = {
  SESSION_NOT_FOUND: {
    code: status.NOT_FOUND,
    when: 'No live session has the given `session_id`: it has ended, it is waiting for its client within the grace, it never existed, or it belongs to another user who is shown OFFLINE.',
    action: 'Call `Connect` and use the new session id. Then repeat the command.',
  },
  USER_HAS_NO_SESSION: {
    code: status.NOT_FOUND,
    when: '`RecordActivity` of an admin names a user without a live session.',
    action: 'Ignore it, or try again after the user has come online.',
  },
  SESSION_OF_ANOTHER_USER: {
    code: status.PERMISSION_DENIED,
    when: 'A command names a live session of another user who is not shown OFFLINE.',
    action: 'Correct the program: use a session id that `Connect` returned for the same user.',
  },
  ADMIN_SCOPE_REQUIRED: {
    code: status.PERMISSION_DENIED,
    when: 'The call names another user or a session of another user, or it is `ExplainPresence`, and the token does not have the scope `presence:admin`.',
    action: 'Use a token with the scope `presence:admin`. Only backends should have one.',
  },
  TOO_MANY_SESSIONS: {
    code: status.RESOURCE_EXHAUSTED,
    when: 'The user has `MAX_SESSIONS_PER_USER` live sessions on all nodes together.',
    action:
      'End a session that is no longer used (`ListSessions`, `EndSession`), then call `Connect` again. Waiting alone does not help.',
  },
  TOO_MANY_SUBSCRIPTIONS: {
    code: status.RESOURCE_EXHAUSTED,
    when: 'The user has `MAX_SUBSCRIPTIONS_PER_USER` subscriptions on this node.',
    action:
      'End a subscription, then subscribe again. One subscription can follow many users and channels.',
  },
  TOO_MANY_COMMANDS: {
    code: status.RESOURCE_EXHAUSTED,
    when: 'The session sends more than `MAX_COMMANDS_PER_SECOND`.',
    action: 'Wait for the time in RetryInfo, then repeat the call.',
  },
  TOO_MANY_CALLS: {
    code: status.RESOURCE_EXHAUSTED,
    when: 'The user makes more than `MAX_CALLS_PER_SECOND_PER_USER`. A large request counts as several calls.',
    action:
      'Wait for the time in RetryInfo, then repeat the call. Without RetryInfo the request alone is larger than the limit allows: split it.',
  },
  TOO_MANY_PRESENCES: {
    code: status.RESOURCE_EXHAUSTED,
    when: 'The user reads more than `MAX_PRESENCES_PER_SECOND_PER_USER` in lists, batches and snapshots.',
    action:
      'Wait for the time in RetryInfo, then repeat the call. Subscribe instead of polling lists.',
  },
  TOO_MANY_NEW_SESSIONS: {
    code: status.UNAVAILABLE,
    when: 'More than `MAX_NEW_SESSIONS_PER_SECOND` sessions begin on this node.',
    action: 'Wait for the time in RetryInfo, which differs for each client, then connect again.',
  },
  NODE_FULL: {
    code: status.UNAVAILABLE,
    when: 'The node has `MAX_SESSIONS` sessions.',
    action:
      'Wait for the time in RetryInfo, then connect again on a new connection: another node may have room.',
  },
  OUT_OF_MEMORY: {
    code: status.UNAVAILABLE,
    when: 'More of the heap than `MAX_HEAP_PERCENT` is in use, and the call begins a session or a subscription.',
    action:
      'Wait for the time in RetryInfo, then try again on a new connection: another node may have room.',
  },
  SUBSCRIBER_TOO_SLOW: {
    code: status.RESOURCE_EXHAUSTED,
    when: 'The subscriber did not read for so long that the event log no longer has the next event for it.',
    action:
      'Subscribe again with the last `resume_token`, and read faster or follow fewer users. With `DELIVERY_LATEST` the stream goes on instead.',
  },
  SESSION_ENDED: {
    code: status.ABORTED,
    when: 'A call of `EndSession` ended the session: another device of the user, or an admin.',
    action: 'Do not reconnect by itself. Connect again when the user asks for it.',
  },
  HEARTBEATS_MISSED: {
    code: status.UNAVAILABLE,
    when: 'The session owes heartbeats, and the node received none for `HEARTBEAT_TIMEOUT_MS`.',
    action: 'Connect again, and send heartbeats in time.',
  },
  NODE_LOST: {
    code: status.UNAVAILABLE,
    when: 'The other nodes declared the node of the session dead, because it could not renew its lease in Redis.',
    action: 'Connect again.',
  },
  STORE_UNAVAILABLE: {
    code: status.UNAVAILABLE,
    when: 'The node cannot reach Redis, or Redis does not confirm a command within two seconds. The command may have been carried out.',
    action: 'Wait for the time in RetryInfo, then repeat the call. Repeating a command is safe.',
  },
  TOKEN_EXPIRED: {
    code: status.UNAUTHENTICATED,
    when: 'The token of a session or a subscription expired while its stream was open.',
    action:
      'Get a new token and open the stream again. Open a new stream before the token expires to avoid the break.',
  },
  DRAINING: {
    code: status.UNAVAILABLE,
    when: 'The node is about to stop. It accepts no new stream, and ends the open ones.',
    action: 'Connect again on a new connection, which leads to another node.',
  },
  INVALID_FIELD: {
    code: status.INVALID_ARGUMENT,
    when: 'A field has a value that is not allowed at this moment: an `expires_at` that has passed, or a `page_token` or `resume_token` that this service did not issue.',
    action:
      'Read the field in BadRequest and correct the request. With a wrong `page_token` begin with the first page.',
  },
};
