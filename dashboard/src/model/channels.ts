import type { User, UserChange } from './user.js';

/** A channel with at least one user. */
export interface Channel {
  readonly channelId: string;
  /** The members, ordered by user id. */
  readonly members: readonly User[];
}

/** The members of all channels. */
export class Channels {
  private readonly members = new Map<string, Map<string, User>>();
  /** The last known channels of each user. Merged changes do not contain them. */
  private readonly places = new Map<string, readonly string[]>();
  private ordered: readonly Channel[] | undefined;

  /** The channels, those with the most members first. The same array until something changes. */
  get list(): readonly Channel[] {
    this.ordered ??= [...this.members]
      .map(([channelId, members]) => ({ channelId, members: [...members.values()].sort(byId) }))
      .sort((a, b) => b.members.length - a.members.length || (a.channelId < b.channelId ? -1 : 1));
    return this.ordered;
  }

  apply(changes: readonly UserChange[]): void {
    for (const { userId, current } of changes) this.place(userId, current);
  }

  private place(userId: string, user: User | undefined): void {
    const before = this.places.get(userId) ?? [];
    const now = user?.channelIds ?? [];
    if (before.length === 0 && now.length === 0) return;
    this.ordered = undefined;
    for (const channelId of before) if (!now.includes(channelId)) this.remove(userId, channelId);
    if (user === undefined || now.length === 0) {
      this.places.delete(userId);
      return;
    }
    for (const channelId of now) {
      const members = this.members.get(channelId) ?? new Map<string, User>();
      this.members.set(channelId, members.set(userId, user));
    }
    this.places.set(userId, now);
  }

  private remove(userId: string, channelId: string): void {
    const members = this.members.get(channelId);
    members?.delete(userId);
    if (members?.size === 0) this.members.delete(channelId);
  }
}

/** A row of the list: a channel, or a member below an open channel. */
export type ChannelRow =
  | { readonly kind: 'channel'; readonly channel: Channel; readonly isOpen: boolean }
  | { readonly kind: 'member'; readonly user: User };

export function channelRows(channels: readonly Channel[], open: ReadonlySet<string>): ChannelRow[] {
  return channels.flatMap((channel): ChannelRow[] => {
    const isOpen = open.has(channel.channelId);
    const members = isOpen ? channel.members : [];
    return [
      { kind: 'channel', channel, isOpen },
      ...members.map((user) => ({ kind: 'member' as const, user })),
    ];
  });
}

function byId(a: User, b: User): number {
  return a.userId < b.userId ? -1 : 1;
}
