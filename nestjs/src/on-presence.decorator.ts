import { SetMetadata } from '@nestjs/common';
import type { EventKind, PresenceEvent, Reset } from '@presence-service/client';

/** The name of each kind of event, as the contract of the service has it. The compiler reports a kind that is missing here. */
const EVENT_NAMES = {
  online: 'userOnline',
  offline: 'userOffline',
  'connection-changed': 'userConnectionChanged',
  'status-changed': 'userStatusChanged',
  'channel-changed': 'userChannelChanged',
  'mute-changed': 'userMuteStateChanged',
  'attributes-changed': 'userAttributesChanged',
} as const satisfies Readonly<Record<EventKind, string>>;

/** The name of an event in `@OnPresence`. */
export type PresenceEventName = (typeof EVENT_NAMES)[EventKind];

/** The kinds of events in the client library, by the names in `@OnPresence`. */
export const EVENT_KINDS = Object.fromEntries(
  Object.entries(EVENT_NAMES).map(([kind, name]) => [name, kind]),
) as { readonly [Kind in EventKind as (typeof EVENT_NAMES)[Kind]]: Kind };

/** The event that a handler of `@OnPresence` with one of these names receives. */
export type PresenceEventOf<N extends PresenceEventName> = AnyEvent & {
  readonly kind: (typeof EVENT_KINDS)[N];
};

/** An event with attributes of any type: a handler may name the type of its attributes, which nothing checks. */
type AnyEvent = PresenceEvent<any>; // eslint-disable-line @typescript-eslint/no-explicit-any

/** Makes a method with this argument a handler. */
type HandlerOf<E> = <T extends (argument: E) => unknown>(
  target: object,
  name: string | symbol,
  descriptor: TypedPropertyDescriptor<T>,
) => void;

export const ON_PRESENCE = 'presence:on-presence';
export const ON_PRESENCE_RESET = 'presence:on-presence-reset';

/**
 * Calls the method with each event of these names, at least once, and with the events of a user in order. Without names: with
 * every event. Works on providers and controllers that are singletons.
 *
 * The module awaits the method before it goes on. If the method throws, it is called again with the same event after a pause,
 * until it succeeds, so no event is skipped.
 */
export function OnPresence(): HandlerOf<AnyEvent>;
export function OnPresence<N extends PresenceEventName>(
  ...names: readonly N[]
): HandlerOf<PresenceEventOf<N>>;
export function OnPresence(...names: readonly PresenceEventName[]): HandlerOf<never> {
  for (const name of names) {
    // A program in JavaScript could name another one, and its handler would never be called.
    if (!Object.hasOwn(EVENT_KINDS, name)) throw new TypeError(`There is no event "${name}".`);
  }
  return SetMetadata(ON_PRESENCE, names);
}

/**
 * Calls the method with the complete state of the users, before later events, when the events do not go on from those that the
 * application has handled: at the first start, after a change of the options `events`, and when the service no longer has the
 * events in between. Like an event, a reset is handed over again until the method succeeds.
 */
export function OnPresenceReset(): HandlerOf<AnyReset> {
  return SetMetadata(ON_PRESENCE_RESET, true);
}

type AnyReset = Reset<any>; // eslint-disable-line @typescript-eslint/no-explicit-any
