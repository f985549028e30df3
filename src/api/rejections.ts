import { status } from '@grpc/grpc-js';
import type { RejectionReason } from '../domain/rejected-error.js';
import { TRANSPORT_ERRORS, type TransportReason } from '../transport/call/status-error.js';

/** The reason of an error, as clients find it in google.rpc.ErrorInfo. */
export type ErrorReason = RejectionReason | TransportReason;

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
export const REJECTIONS: Readonly<Record<ErrorReason, Rejection>> = {
  SESSION_NOT_FOUND: {
    code: status.NOT_FOUND,
    when: 'No live session has the given `session_id`: it has ended, it is waiting for its client within the grace, it never existed, or it belongs to another user whom the caller sees OFFLINE.',
    action: 'Call `Connect` and use the new session id. Then repeat the command.',
  },
  USER_HAS_NO_SESSION: {
    code: status.NOT_FOUND,
    when: '`RecordActivity` of an admin names a user without a live session.',
    action: 'Ignore it, or try again after the user has come online.',
  },
  USER_NOT_PRESENT: {
    code: status.NOT_FOUND,
    when: 'A moderator names a user who is OFFLINE, as far as the moderator may see.',
    action: 'Ignore it, or try again after the user has come online.',
  },
  USER_NOT_IN_CHANNEL: {
    code: status.NOT_FOUND,
    when: 'A moderator moves or removes a user who is not in the channel, as far as the moderator may see.',
    action: 'Ignore it: the user has left the channel already.',
  },
  SESSION_OF_ANOTHER_USER: {
    code: status.PERMISSION_DENIED,
    when: 'A command names a live session of another user whom the caller does not see OFFLINE.',
    action: 'Correct the program: use a session id that `Connect` returned for the same user.',
  },
  ADMIN_SCOPE_REQUIRED: {
    code: status.PERMISSION_DENIED,
    when: 'The call names another user or a session of another user, or it is `ExplainPresence` or `RevokeTokens`, and the token does not have the scope `presence:admin`.',
    action: 'Use a token with the scope `presence:admin`. Only backends should have one.',
  },
  MODERATE_GRANT_REQUIRED: {
    code: status.PERMISSION_DENIED,
    when: 'A call of `ModerationService` concerns a channel for which the token does not grant `moderate`, and the token does not have the scope `presence:admin`.',
    action: 'Use a token whose claim `presence` grants `moderate` for the channel.',
  },
  CHANNEL_NOT_GRANTED: {
    code: status.PERMISSION_DENIED,
    when: 'The request names a channel that the token does not grant: `join` or `moderate` to join it, `join`, `watch` or `moderate` to list, follow or count its users.',
    action: 'Do not repeat the call. Get a token whose claim `presence` grants the channel.',
  },
  GROUP_NOT_GRANTED: {
    code: status.PERMISSION_DENIED,
    when: 'The request names a group that the token does not have.',
    action: 'Do not repeat the call. Get a token whose claim `presence` has the group.',
  },
  WATCH_ONLY_TOKEN: {
    code: status.PERMISSION_DENIED,
    when: '`Connect` with a token whose claim `presence` contains `watch_only`.',
    action:
      'Do not connect with this token. It can read and subscribe, and command sessions that other tokens of the same user began.',
  },
  TOO_MANY_SESSIONS: {
    code: status.RESOURCE_EXHAUSTED,
    when: 'The user has `MAX_SESSIONS_PER_USER` live sessions on all nodes together.',
    action:
      'End a session that is no longer used (`ListSessions`, `EndSession`), then call `Connect` again. Waiting alone does not help.',
  },
  TOO_MANY_CHANNELS: {
    code: status.RESOURCE_EXHAUSTED,
    when: '`JoinChannel` with `keep_others`, and the session is in 50 channels, or the channel ids of all sessions of the user are too long together (64 KiB, each counted with 16 bytes more). `MoveUser` to such an id.',
    action: 'Leave a channel, then join again.',
  },
  TOO_MANY_SUBSCRIPTIONS: {
    code: status.RESOURCE_EXHAUSTED,
    when: 'The user has `MAX_SUBSCRIPTIONS_PER_USER_PER_NODE` subscriptions on this node.',
    action:
      'End a subscription, then subscribe again. One subscription can follow many users and channels.',
  },
  TOO_MANY_COMMANDS: {
    code: status.RESOURCE_EXHAUSTED,
    when: 'The session sends more than `MAX_COMMANDS_PER_SECOND_PER_SESSION_PER_NODE`.',
    action: 'Wait for the time in RetryInfo, then repeat the call.',
  },
  TOO_MANY_CALLS: {
    code: status.RESOURCE_EXHAUSTED,
    when: 'The user makes more than `MAX_CALLS_PER_SECOND_PER_USER_PER_NODE`. A large request counts as several calls.',
    action:
      'Wait for the time in RetryInfo, then repeat the call. Without RetryInfo the request alone is larger than the limit allows: split it.',
  },
  TOO_MANY_PRESENCES: {
    code: status.RESOURCE_EXHAUSTED,
    when: 'The user reads more than `MAX_PRESENCES_PER_SECOND_PER_USER_PER_NODE` in lists, batches and snapshots.',
    action:
      'Wait for the time in RetryInfo, then repeat the call. Subscribe instead of polling lists.',
  },
  TOO_MANY_NEW_SESSIONS: {
    code: status.UNAVAILABLE,
    when: 'More than 2,000 sessions start on this node in a second.',
    action: 'Wait for the time in RetryInfo, which differs for each client, then connect again.',
  },
  NODE_FULL: {
    code: status.UNAVAILABLE,
    when: 'The node has `MAX_SESSIONS_PER_NODE` sessions.',
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
    when: 'The token expired before the call, or while the stream of a session or a subscription was open.',
    action:
      'Get a new token and repeat the call. Open a new stream before the token expires to avoid a break.',
  },
  TOKEN_REVOKED: {
    code: status.UNAUTHENTICATED,
    when: '`RevokeTokens` has revoked the token, before the call or while the stream of a session or a subscription was open.',
    action:
      'Wait a second, because `iat` is in seconds, and ask for a new token once. If that is refused as well, stop: the user is not allowed in.',
  },
  DRAINING: {
    code: status.UNAVAILABLE,
    when: 'The node is about to stop. It accepts no new stream, and ends the open ones.',
    action: 'Connect again on a new connection, which leads to another node.',
  },
  INVALID_FIELD: {
    code: status.INVALID_ARGUMENT,
    when: 'A field is outside its limits, `expires_at` has passed, or this service did not issue the `page_token` or `resume_token`.',
    action:
      'Read the field in BadRequest and correct the request. With a wrong `page_token` begin with the first page.',
  },
  MALFORMED_REQUEST: {
    code: status.INVALID_ARGUMENT,
    when: 'The bytes of the request are not one protobuf or JSON message of the method.',
    action: 'Correct the program. BadRequest names the field if it is known.',
  },
  TOKEN_MISSING: {
    code: status.UNAUTHENTICATED,
    when: 'The call has no bearer token, or several.',
    action: 'Send one header `authorization: Bearer <token>`.',
  },
  TOKEN_INVALID: {
    code: status.UNAUTHENTICATED,
    when: 'The token cannot be verified: signature, issuer, audience, times or format.',
    action: 'Get a new token and repeat the call once.',
  },
  TOKEN_KEYS_UNAVAILABLE: {
    code: status.UNAVAILABLE,
    when: 'The key set at `AUTH_JWKS_URL` cannot be fetched, so the token cannot be verified.',
    action: 'Repeat with back-off.',
  },
  INVALID_TIMEOUT: {
    code: TRANSPORT_ERRORS.INVALID_TIMEOUT,
    when: 'The header `grpc-timeout`, or its counterpart over HTTP, is malformed.',
    action: 'Correct the program.',
  },
  REQUEST_TOO_LARGE: {
    code: TRANSPORT_ERRORS.REQUEST_TOO_LARGE,
    when: 'The request is larger than its method allows.',
    action: 'Name fewer users or channels in one request.',
  },
  REQUEST_BUFFER_FULL: {
    code: TRANSPORT_ERRORS.REQUEST_BUFFER_FULL,
    when: 'Over HTTP: all incomplete requests together exceed the byte budget of the node. Over gRPC the stream is reset instead.',
    action: 'Have fewer calls in flight, and repeat the call with back-off.',
  },
  RESPONSE_BUFFER_FULL: {
    code: TRANSPORT_ERRORS.RESPONSE_BUFFER_FULL,
    when: 'Unread responses exceed the byte budget of the connection or of the node.',
    action: 'Read responses, and have fewer calls in flight.',
  },
  TOO_MANY_TOKENLESS_STREAMS: {
    code: TRANSPORT_ERRORS.TOO_MANY_TOKENLESS_STREAMS,
    when: 'Too many streams of the health and reflection services, which need no token, are open, or the node is short of memory.',
    action: 'Close such streams, or try again later.',
  },
  STREAM_NEEDS_OWN_CONNECTION: {
    code: TRANSPORT_ERRORS.STREAM_NEEDS_OWN_CONNECTION,
    when: 'Over HTTP/1.1 a stream was requested behind another call on the same connection.',
    action: 'Open a connection for each stream.',
  },
  UNSUPPORTED_REQUEST: {
    code: TRANSPORT_ERRORS.UNSUPPORTED_REQUEST,
    when: 'A request over HTTP is compressed, a request over gRPC uses an unknown compression, or the call does not have exactly one message.',
    action: 'Correct the program.',
  },
  METHOD_NOT_FOUND: {
    code: TRANSPORT_ERRORS.METHOD_NOT_FOUND,
    when: 'The server does not have the method. Over HTTP the response is a 404 without details.',
    action: 'Correct the program, or update the server.',
  },
  SERVICE_NOT_FOUND: {
    code: TRANSPORT_ERRORS.SERVICE_NOT_FOUND,
    when: 'The health service does not know the name of the service.',
    action: 'Correct the name.',
  },
  DEADLINE_EXCEEDED: {
    code: TRANSPORT_ERRORS.DEADLINE_EXCEEDED,
    when: 'The RPC deadline of the client passed. Most clients notice it themselves and report it without details.',
    action: 'Repeat the call.',
  },
  INTERNAL_ERROR: {
    code: TRANSPORT_ERRORS.INTERNAL_ERROR,
    when: 'The server has a fault, or a compressed request cannot be inflated. The message of most faults has the request id under which the server logged the error.',
    action: 'Repeat with back-off, and report the request id to the operators.',
  },
};
