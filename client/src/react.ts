import {
  createContext,
  createElement,
  useCallback,
  useContext,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useSyncExternalStore,
  type ReactElement,
  type ReactNode,
} from 'react';
import type { Attributes } from './attributes.js';
import type { PresenceClient } from './presence-client.js';
import type { Presence } from './presence.js';
import { areEqual, NO_CHANNEL, type ChannelSnapshot } from './react/channel-view.js';
import { EVERYWHERE, storeOf, type ConnectionState, type PageStore } from './react/page-store.js';
import type { Session } from './session.js';
import type { SessionOptions } from './session-options.js';

export type { ChannelSnapshot } from './react/channel-view.js';
export type { ConnectionState } from './react/page-store.js';

const StoreContext = createContext<unknown>(undefined);

/** On a server nothing is mounted, and React warns of layout effects there. */
const useEarlyEffect = 'document' in globalThis ? useLayoutEffect : useEffect;

export interface PresenceProviderProps<A = Attributes> {
  /** Create it outside of components. The provider does not close it. */
  readonly client: PresenceClient<A>;
  /**
   * The options of the session that brings the user online while the provider is mounted, read when it is mounted.
   * `false`: the page only watches others. Default: a session of the platform "web".
   */
  readonly connect?: SessionOptions<A> | false;
  readonly children?: ReactNode;
}

/** Brings the user online and gives all components below it the presences of a client. */
export function PresenceProvider<A = Attributes>({
  client,
  connect = { platform: 'web' },
  children,
}: PresenceProviderProps<A>): ReactElement {
  const store = storeOf(client);
  const options = useRef(connect);
  const isWatching = connect === false;
  // Before the effects of the components below, which use the session.
  useEarlyEffect(() => {
    store.sessionOptions = options.current === false ? undefined : options.current;
    return store.sessionOptions === undefined ? undefined : store.session.retain();
  }, [store, isWatching]);
  return createElement(StoreContext.Provider, { value: store }, children);
}

/** Returns the presence of a user, who may be offline. Undefined until it has arrived. Without a user: undefined. */
export function usePresence<A = Attributes>(userId: string | undefined): Presence<A> | undefined;
/** Returns what `select` returns for the presence of a user. The component renders only when that changes. */
export function usePresence<T, A = Attributes>(
  userId: string | undefined,
  select: (presence: Presence<A>) => T,
): T | undefined;
export function usePresence<T, A>(
  userId: string | undefined,
  select?: (presence: Presence<A>) => T,
): Presence<A> | T | undefined {
  const store = useStore<A>();
  const subscribe = useCallback(
    (listener: () => void) => {
      if (userId === undefined) return () => {};
      const release = store.users.retain(userId);
      const unsubscribe = store.users.get(userId)!.subscribe(listener);
      return () => {
        unsubscribe();
        release();
      };
    },
    [store, userId],
  );
  const getSnapshot = useMemo(() => {
    if (userId === undefined) return () => undefined;
    // A selector may create an object, which must stay the same as long as the presence does.
    let presence: Presence<A> | undefined;
    let selected: T | undefined;
    return () => {
      const current = store.presence(userId);
      if (select === undefined) return current;
      if (current !== presence) selected = current === undefined ? undefined : select(current);
      presence = current;
      return selected;
    };
    // A selector that is written in the component is another function in each render, and may read its props.
  }, [store, userId, select]);
  return useSyncExternalStore(subscribe, getSnapshot, nothing);
}

export interface MyPresence<A = Attributes> extends Pick<
  Session<A>,
  'setStatus' | 'setAttributes' | 'mute'
> {
  /** The own presence as others see it: offline while the user is invisible. Undefined until it has arrived. */
  readonly presence: Presence<A> | undefined;
}

/** Returns the presence of the user of the session, and the commands that change it. */
export function useMyPresence<A = Attributes>(): MyPresence<A> {
  const store = useStore<A>();
  const ownUserId = useSyncExternalStore(
    store.sessionListeners.subscribe,
    () => store.ownUserId,
    nothing,
  );
  const presence = usePresence<A>(ownUserId);
  const commands = useMemo(
    () => ({
      setStatus: async (...args: Parameters<Session<A>['setStatus']>) =>
        store.requireSession().setStatus(...args),
      setAttributes: async (...args: Parameters<Session<A>['setAttributes']>) =>
        store.requireSession().setAttributes(...args),
      mute: async (...args: Parameters<Session<A>['mute']>) => store.requireSession().mute(...args),
    }),
    [store],
  );
  return { presence, ...commands };
}

export interface ChannelOptions {
  /** Whether the user is in the channel while the component is mounted, beside other channels. Default: false. */
  readonly join?: boolean;
}

export interface Channel<A = Attributes> extends ChannelSnapshot<A> {
  /** Joins the channel beside other channels. */
  readonly join: () => Promise<void>;
  readonly leave: () => Promise<void>;
  /**
   * Reports that the user types in the channel, or has stopped typing. Call it with true for every key: it calls the
   * service at most every two seconds. Without a further call, the user counts as typing for four more seconds.
   */
  readonly setTyping: (isTyping: boolean) => Promise<void>;
}

/**
 * Returns the members of a channel, and the commands of the user in it. The component renders only when a part that it
 * reads from the result has changed: one that reads `typingIds` does not render when a member changes the status.
 */
export function useChannel<A = Attributes>(
  channelId: string,
  { join = false }: ChannelOptions = {},
): Channel<A> {
  const store = useStore<A>();
  useEffect(() => (join ? store.joined.retain(channelId) : undefined), [store, channelId, join]);
  const view = useMemo(() => new TrackedChannel(store, channelId), [store, channelId]);
  const snapshot = useSyncExternalStore(view.subscribe, view.getSnapshot, view.getServerSnapshot);
  return useMemo(() => view.tracked(snapshot), [view, snapshot]);
}

/** A channel in one component. It knows the parts that the component reads. */
class TrackedChannel<A> {
  private readonly read = new Set<keyof ChannelSnapshot<A>>();
  private last: ChannelSnapshot<A> = NO_CHANNEL;
  private readonly commands: Pick<Channel<A>, 'join' | 'leave' | 'setTyping'>;

  constructor(
    private readonly store: PageStore<A>,
    private readonly channelId: string,
  ) {
    this.commands = {
      join: () => store.join(channelId),
      leave: () => store.leave(channelId),
      setTyping: (isTyping) => store.setTyping(channelId, isTyping),
    };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    const release = this.store.channels.retain(this.channelId);
    const unsubscribe = this.store.channels.get(this.channelId)!.listeners.subscribe(listener);
    return () => {
      unsubscribe();
      release();
    };
  };

  /** Returns the same object until a part that the component reads has changed. */
  readonly getSnapshot = (): ChannelSnapshot<A> => {
    const current = this.store.channels.get(this.channelId)?.current ?? NO_CHANNEL;
    if (!areEqual(current, this.last, this.read)) this.last = current;
    return this.last;
  };

  readonly getServerSnapshot = (): ChannelSnapshot<A> => NO_CHANNEL;

  tracked(snapshot: ChannelSnapshot<A>): Channel<A> {
    const { read } = this;
    const part = <K extends keyof ChannelSnapshot<A>>(name: K): ChannelSnapshot<A>[K] => {
      read.add(name);
      return snapshot[name];
    };
    return {
      ...this.commands,
      get members() {
        return part('members');
      },
      get memberIds() {
        return part('memberIds');
      },
      get typingIds() {
        return part('typingIds');
      },
      get state() {
        return part('state');
      },
    };
  }
}

/**
 * Returns the number of users in a channel who are not offline; without a channel, of all users whom the token may see.
 * Undefined until it has arrived. It changes at most once a second.
 */
export function useCount(channelId: string = EVERYWHERE): number | undefined {
  const store = useStore();
  const subscribe = useCallback(
    (listener: () => void) => {
      const release = store.counts.retain(channelId);
      const subscription = store.counts.get(channelId)!.subscribe(listener);
      return () => {
        subscription.unsubscribe();
        release();
      };
    },
    [store, channelId],
  );
  const getSnapshot = useCallback(
    () => store.counts.get(channelId)?.value[0]?.total,
    [store, channelId],
  );
  return useSyncExternalStore(subscribe, getSnapshot, nothing);
}

/** Returns the state of the session, or with `connect={false}` the state of the collection of users. */
export function useConnectionState(): ConnectionState {
  const store = useStore();
  return useSyncExternalStore(
    store.sessionListeners.subscribe,
    () => store.connectionState,
    () => 'connecting',
  );
}

/** Returns the session, for everything that the other hooks do not offer. Undefined until the provider is mounted. */
export function useSession<A = Attributes>(): Session<A> | undefined {
  const store = useStore<A>();
  return useSyncExternalStore(store.sessionListeners.subscribe, () => store.session.value, nothing);
}

function useStore<A = Attributes>(): PageStore<A> {
  const store = useContext(StoreContext) as PageStore<A> | undefined;
  if (store === undefined) throw new Error('There is no PresenceProvider above this component.');
  return store;
}

function nothing(): undefined {
  return undefined;
}
