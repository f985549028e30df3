import type { PresenceCollection } from '../collection.js';
import type { CollectionState } from '../live-state.js';
import type { Presence } from '../presence.js';
import { Listeners } from './shared.js';

/** The key of the attribute whose value is the channel in which the user is typing. */
export const TYPING = 'typing';

/** A channel at one moment. A part that has not changed since the moment before is the same object. */
export interface ChannelSnapshot<A> {
  /** The users in the channel, sorted by user id. Empty until they have arrived. */
  readonly members: readonly Presence<A>[];
  readonly memberIds: readonly string[];
  /** The other members who are typing in the channel, sorted. */
  readonly typingIds: readonly string[];
  /** Whether the members are current. `closed` with an error if the token does not grant the channel. */
  readonly state: CollectionState;
}

export const NO_CHANNEL: ChannelSnapshot<never> = {
  members: [],
  memberIds: [],
  typingIds: [],
  state: { status: 'loading' },
};

/** The members of a channel, as components show them. */
export class ChannelView<A> {
  readonly listeners = new Listeners();
  current: ChannelSnapshot<A> = NO_CHANNEL;
  private isDirty = false;

  constructor(
    private readonly channelId: string,
    private readonly collection: PresenceCollection<A>,
    private readonly ownUserId: () => string | undefined,
  ) {
    collection.subscribe(() => this.touch());
    collection.state.subscribe(() => this.touch());
  }

  /** Computes the snapshot again, once for all changes of one message. */
  touch(): void {
    if (this.isDirty) return;
    this.isDirty = true;
    queueMicrotask(() => {
      this.isDirty = false;
      this.update();
    });
  }

  close(): void {
    this.collection.close();
  }

  private update(): void {
    const { collection, current } = this;
    const sorted = [...collection.values()].sort((a, b) => (a.userId < b.userId ? -1 : 1));
    const ownUserId = this.ownUserId();
    const typing = sorted.filter(
      ({ userId, attributes }) =>
        userId !== ownUserId &&
        (attributes as Readonly<Record<string, unknown>>)[TYPING] === this.channelId,
    );
    const next = {
      members: unlessEqual(current.members, sorted),
      memberIds: unlessEqual(current.memberIds, idsOf(sorted)),
      typingIds: unlessEqual(current.typingIds, idsOf(typing)),
      state: collection.state.value,
    };
    if (areEqual(current, next, PARTS)) return;
    this.current = next;
    this.listeners.notify();
  }
}

const PARTS = ['members', 'memberIds', 'typingIds', 'state'] as const;

/** Whether these parts of two snapshots are the same. */
export function areEqual<A>(
  a: ChannelSnapshot<A>,
  b: ChannelSnapshot<A>,
  parts: Iterable<keyof ChannelSnapshot<A>>,
): boolean {
  for (const part of parts) if (a[part] !== b[part]) return false;
  return true;
}

function idsOf(presences: readonly Presence<unknown>[]): string[] {
  return presences.map(({ userId }) => userId);
}

/** Returns the earlier list if both have the same items. */
function unlessEqual<T>(earlier: readonly T[], later: readonly T[]): readonly T[] {
  const isEqual = earlier.length === later.length && earlier.every((item, i) => item === later[i]);
  return isEqual ? earlier : later;
}
