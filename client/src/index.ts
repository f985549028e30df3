export type { RequestOptions } from './call-executor.js';
export type { ChangeReason, Change, EventKind } from './change.js';
export type { CollectionState, PresenceCollection, WatchOptions } from './collection.js';
export type {
  StatusCause,
  ExplainedSession,
  Explanation,
  Transition,
  TransitionKind,
} from './explanation.js';
export type { Listing, Page } from './listing.js';
export type { Observer, Source, Subscription } from './observable.js';
export type { ReadonlyValue } from './observable-value.js';
export type { Presence, SessionInfo, Status } from './presence.js';
export { createPresenceClient } from './presence-client.js';
export type {
  ListOptions,
  OnlineOptions,
  PresenceClient,
  PresenceClientOptions,
} from './presence-client.js';
export type { ErrorReason, KnownErrorReason } from './error-reason.js';
export { PresenceError } from './presence-error.js';
export type { FieldViolation, PresenceErrorCode } from './presence-error.js';
export type { MuteChange, Session, SessionOptions, StatusDetails } from './session.js';
export type { SessionState } from './session-state.js';
export type { Timers } from './timers.js';
export type { TokenOption } from './token-source.js';
export type { TransportOption } from './transports.js';
export type { ChosenStatus } from './status-choice.js';
