export type { HidingOptions, RevocationOptions } from './access.js';
export type { RequestOptions } from './call-executor.js';
export type { ChangeReason, Change, EventKind } from './change.js';
export type {
  AttributeChanges,
  AttributeOptions,
  Attributes,
  AttributeTypes,
} from './attributes.js';
export type { PresenceCollection } from './collection.js';
export type { WatchOptions } from './watch-options.js';
export type { PresenceClientOptions } from './client-options.js';
export type { ConsumeOptions, PositionStore } from './consume-options.js';
export type { Consumer, ConsumerState } from './consumer.js';
export type { CountOptions, PresenceCount } from './count.js';
export type { CountWatch } from './count-watch.js';
export type { EventBatch, Reset } from './event-batch.js';
export { presenceEventFromJson } from './event-json.js';
export type { DeniedChannel } from './denied-channel.js';
export type { CollectionState } from './live-state.js';
export type { MuteChange } from './mute-change.js';
export type {
  StatusCause,
  ExplainedSession,
  Explanation,
  Transition,
  TransitionKind,
} from './explanation.js';
export type { Listing, ListOptions, OnlineOptions, Page } from './listing.js';
export type { Observer, Source, Subscription } from './observable.js';
export type { ReadonlyValue } from './observable-value.js';
export type { ResetReason } from './position.js';
export type { EventDetails, PresenceEvent } from './presence-event.js';
export type { Presence, SessionInfo, Status } from './presence.js';
export { createPresenceClient, PresenceClient } from './presence-client.js';
export type { ErrorReason, KnownErrorReason } from './error-reason.js';
export { PresenceError } from './presence-error.js';
export type { FieldViolation, PresenceErrorCode } from './presence-error.js';
export type { Session } from './session.js';
export type { JoinOptions, SessionOptions } from './session-options.js';
export type { SessionState } from './session-state.js';
export type { Timers } from './timers.js';
export type { TokenOption } from './token-source.js';
export type { TransportOption } from './transports.js';
export type { ChosenStatus, StatusDetails } from './status-choice.js';
