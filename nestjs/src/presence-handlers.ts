import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import type { PresenceEvent, Reset } from '@presence-service/client';
import {
  EVENT_KINDS,
  ON_PRESENCE,
  ON_PRESENCE_RESET,
  type PresenceEventName,
} from './on-presence.decorator.js';
import { PresencePositionStore } from './presence-position-store.js';

/** A method of a provider or controller. */
interface Handler<T> {
  /** The class and the method, for messages. */
  readonly name: string;
  readonly call: (argument: T) => unknown;
}

interface EventHandler extends Handler<PresenceEvent> {
  /** The kinds that the handler receives. Undefined: all. */
  readonly kinds: ReadonlySet<PresenceEvent['kind']> | undefined;
}

/** The handlers and the position store of an application. */
export interface Handlers {
  readonly ofEvents: readonly EventHandler[];
  readonly ofResets: readonly Handler<Reset>[];
  readonly stores: readonly PresencePositionStore[];
}

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** Finds the methods with `@OnPresence` and `@OnPresenceReset`, and the position store, in all modules. */
@Injectable()
export class PresenceHandlers {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  /** Throws `TypeError` for a handler that cannot be called, because Nest creates its provider for each request. */
  find(): Handlers {
    const ofEvents: EventHandler[] = [];
    const ofResets: Handler<Reset>[] = [];
    const providers = this.discovery.getProviders();
    const seen = new Set<unknown>();
    for (const wrapper of [...providers, ...this.discovery.getControllers()]) {
      const prototype = prototypeOf(wrapper);
      // A provider with `useExisting` has the instance of another one.
      if (prototype === undefined || seen.has(instanceOf(wrapper) ?? prototype)) continue;
      seen.add(instanceOf(wrapper) ?? prototype);
      for (const method of this.scanner.getAllMethodNames(prototype)) {
        const callback = prototype[method] as (argument: unknown) => unknown;
        const names = this.reflector.get<PresenceEventName[] | undefined>(ON_PRESENCE, callback);
        const isForResets = this.reflector.get<true | undefined>(ON_PRESENCE_RESET, callback);
        if (names === undefined && isForResets === undefined) continue;
        const handler = handlerOf(wrapper, method);
        if (names !== undefined) ofEvents.push({ ...handler, kinds: kindsOf(names) });
        if (isForResets) ofResets.push(handler);
      }
    }
    return { ofEvents, ofResets, stores: storesIn(providers) };
  }
}

function prototypeOf(wrapper: Wrapper): Readonly<Record<string, unknown>> | undefined {
  const { metatype } = wrapper;
  const instance = instanceOf(wrapper);
  const prototype: unknown =
    instance === undefined
      ? // The instances of a provider with another scope are created later.
        !wrapper.isDependencyTreeStatic() && typeof metatype === 'function' && metatype.prototype
      : Object.getPrototypeOf(instance);
  return prototype ? (prototype as Record<string, unknown>) : undefined;
}

function instanceOf(wrapper: Wrapper): object | undefined {
  const { instance } = wrapper as { readonly instance: unknown };
  const exists = wrapper.isDependencyTreeStatic() && typeof instance === 'object';
  return exists ? (instance ?? undefined) : undefined;
}

function handlerOf(wrapper: Wrapper, method: string): Handler<unknown> {
  const name = `${wrapper.name}.${method}`;
  const instance = instanceOf(wrapper) as Record<string, (argument: unknown) => unknown>;
  if (instance === undefined) {
    throw new TypeError(`${name} handles presence events, so its class cannot be request-scoped.`);
  }
  return { name, call: (argument) => instance[method]!(argument) };
}

function kindsOf(names: readonly PresenceEventName[]): EventHandler['kinds'] {
  return names.length === 0 ? undefined : new Set(names.map((name) => EVENT_KINDS[name]));
}

function storesIn(providers: readonly Wrapper[]): readonly PresencePositionStore[] {
  const found = providers.filter(({ token }) => (token as unknown) === PresencePositionStore);
  return [...new Set(found.map(({ instance }) => instance as PresencePositionStore))];
}
