import type { PresenceCollection } from '../collection.js';
import type { CountWatch } from '../count-watch.js';
import type { Presence } from '../presence.js';
import { PresenceError } from '../presence-error.js';
import type { PresenceClient } from '../presence-client.js';
import type { Session } from '../session.js';
import type { SessionOptions } from '../session-options.js';
import { ChannelView, TYPING } from './channel-view.js';
import { Listeners, Shared, SharedByKey } from './shared.js';

/** The state of the connection of a page. */
export type ConnectionState = 'connecting' | 'online' | 'reconnecting' | 'closed';

/** How often a user who goes on typing is reported, and how long a report lasts, in milliseconds. */
const TYPING_EVERY_MS = 2000;
const TYPING_LASTS_MS = 4000;

/** The pause after a call that joins a channel has failed, in milliseconds. The call itself has waited for a connection. */
const JOIN_AGAIN_AFTER_MS = 1000;

/** The key of the counts of all users. No channel has an empty id. */
export const EVERYWHERE = '';

const stores = new WeakMap<object, PageStore<unknown>>();

/**
 * The session, the collections and the counts that all components of a page share. One collection has all users whom
 * components show one by one; each channel has a collection of its own, because a token may not grant one of them.
 */
export class PageStore<A> {
  readonly users: SharedByKey<Listeners>;
  readonly channels: SharedByKey<ChannelView<A>>;
  /** The channels that components join while they are mounted. */
  readonly joined: SharedByKey<AbortController>;
  readonly counts: SharedByKey<CountWatch>;
  readonly session: Shared<Session<A>>;
  readonly sessionListeners = new Listeners();
  /** The options of the session. Undefined: the page watches only. */
  sessionOptions: SessionOptions<A> | undefined;
  ownUserId: string | undefined;
  private roster: PresenceCollection<A> | undefined;
  private typing = { channelId: '', at: -Infinity };

  /** @private Use `storeOf`. */
  constructor(private readonly client: PresenceClient<A>) {
    this.users = new SharedByKey<Listeners>(
      (userId) => {
        void this.collection().add(userId);
        return new Listeners();
      },
      (_, userId) => this.collection().remove(userId),
    );
    this.channels = new SharedByKey(
      (channelId) => {
        const collection = client.watch({ channels: [channelId] });
        return new ChannelView<A>(channelId, collection, () => this.ownUserId);
      },
      (view) => view.close(),
    );
    this.joined = new SharedByKey<AbortController>(
      (channelId) => {
        const mounted = new AbortController();
        void this.stayIn(channelId, this.requireSession(), mounted.signal);
        return mounted;
      },
      (mounted, channelId) => {
        mounted.abort();
        // If this fails, the membership ends with the session.
        this.leave(channelId).catch(() => {});
      },
    );
    this.counts = new SharedByKey(
      (channelId) => client.watchCounts(channelId === EVERYWHERE ? [] : [channelId]),
      (counts) => counts.close(),
    );
    this.session = new Shared(
      () => this.connect(),
      (session) => {
        session.close();
        this.sessionListeners.notify();
      },
    );
  }

  presence(userId: string): Presence<A> | undefined {
    return this.roster?.get(userId);
  }

  get connectionState(): ConnectionState {
    if (this.sessionOptions !== undefined) {
      return this.session.value?.state.value.status ?? 'connecting';
    }
    switch (this.roster?.state.value.status) {
      case 'live':
        return 'online';
      case 'stale':
        return 'reconnecting';
      case 'closed':
        return 'closed';
      default:
        return 'connecting';
    }
  }

  async join(channelId: string): Promise<void> {
    await this.requireSession().joinChannel(channelId, { keepOthers: true });
  }

  async leave(channelId: string): Promise<void> {
    await this.session.value?.leaveChannel(channelId);
  }

  /** Reports that the user types in a channel, or does not any more. Can be called for every key. */
  async setTyping(channelId: string, isTyping: boolean): Promise<void> {
    const session = this.requireSession();
    const now = performance.now();
    const isKnown = this.typing.channelId === channelId && now - this.typing.at < TYPING_EVERY_MS;
    if (isTyping && isKnown) return;
    if (!isTyping && this.typing.channelId !== channelId) return;
    this.typing = isTyping ? { channelId, at: now } : { channelId: '', at: -Infinity };
    const changes: object = { [TYPING]: isTyping ? channelId : undefined };
    await session.setAttributes(changes, isTyping ? { expiresInMs: TYPING_LASTS_MS } : {});
  }

  requireSession(): Session<A> {
    const session = this.session.value;
    if (session === undefined) {
      throw new Error(
        'There is no session: the PresenceProvider is not mounted, or has connect={false}.',
      );
    }
    return session;
  }

  /** Starts the collection of the users, which has no stream until a user is added. */
  collection(): PresenceCollection<A> {
    if (this.roster === undefined) {
      this.roster = this.client.watch({ users: [] });
      this.roster.subscribe(({ userId }) => this.users.get(userId)?.notify());
      this.roster.state.subscribe(() => this.sessionListeners.notify());
    }
    return this.roster;
  }

  /** Joins a channel as soon as the service allows it. The session then joins it again after every reconnect. */
  private async stayIn(channelId: string, session: Session<A>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await session.joinChannel(channelId, { keepOthers: true, signal });
        return;
      } catch (error) {
        if (!(error instanceof PresenceError) || !error.isRetryable) return;
        await new Promise((resolve) => setTimeout(resolve, JOIN_AGAIN_AFTER_MS));
      }
    }
  }

  private connect(): Session<A> {
    const session = this.client.connect(this.sessionOptions);
    session.state.subscribe(() => {
      this.ownUserId = session.presence?.userId ?? this.ownUserId;
      this.sessionListeners.notify();
    });
    return session;
  }
}

/** Returns the store of a client. All providers of one client share it. */
export function storeOf<A>(client: PresenceClient<A>): PageStore<A> {
  const known = stores.get(client) as PageStore<A> | undefined;
  const store = known ?? new PageStore<A>(client);
  stores.set(client, store as PageStore<unknown>);
  return store;
}
