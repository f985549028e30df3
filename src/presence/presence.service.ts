import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { requireAdmin } from '../auth/require-admin.js';
import { Clock } from '../clock/clock.js';
import type { Input } from '../domain/input.js';
import { LISTED_STATUSES, type Presence, type Status } from '../domain/presence.js';
import { RejectedError } from '../domain/rejected-error.js';
import { presenceFor, type StatusChoice, type User } from '../domain/user.js';
import { ReadLimit } from '../limits/read-limit.js';
import { CommandExecutor } from '../commands/command-executor.js';
import { SealingKeys } from '../sealed-tokens/sealing-keys.js';
import { TokenSealer } from '../sealed-tokens/token-sealer.js';
import type { StatusCounts } from '../store/presence-view.js';
import { PresenceStore } from '../store/presence-store.js';
import { approximateBytes, MAX_PAGE_BYTES } from './page-bytes.js';

const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1000;

export interface PageRequest {
  readonly pageSize: number;
  readonly pageToken: string;
}

export interface Page {
  readonly presences: readonly Presence[];
  readonly nextPageToken: string;
  readonly totalSize: number;
}

/** A status that a user or a backend chooses. */
export interface ChosenStatus {
  readonly choice: StatusChoice;
  readonly statusText: string;
  readonly expiresAt: number | undefined;
}

@Injectable()
export class PresenceService {
  private readonly pageTokens: TokenSealer;

  constructor(
    private readonly commands: CommandExecutor,
    private readonly store: PresenceStore,
    private readonly reads: ReadLimit,
    private readonly clock: Clock,
    keys: SealingKeys,
  ) {
    this.pageTokens = new TokenSealer(keys, 'page');
  }

  async joinChannel(
    caller: Principal,
    sessionId: string,
    channelId: string,
    keepOthers: boolean,
  ): Promise<User> {
    return this.change(caller, { type: 'joinChannel', sessionId, channelId, keepOthers });
  }

  /** Without a channel: leaves all. */
  async leaveChannel(
    caller: Principal,
    sessionId: string,
    channelId: string | undefined,
  ): Promise<User> {
    return this.change(caller, { type: 'leaveChannel', sessionId, channelId });
  }

  async setMute(
    caller: Principal,
    sessionId: string,
    mute: {
      readonly isMicrophoneMuted: boolean | undefined;
      readonly isSpeakerMuted: boolean | undefined;
    },
  ): Promise<User> {
    return this.change(caller, { type: 'setMute', sessionId, ...mute });
  }

  async setStatus(caller: Principal, sessionId: string, status: ChosenStatus): Promise<User> {
    const wall = this.clock.wall();
    return this.change(caller, { type: 'setStatus', sessionId, wall, ...status });
  }

  /** Sets the status of a user for a backend. Only for admins. */
  async setStatusOf(caller: Principal, userId: string, status: ChosenStatus): Promise<Presence> {
    requireAdmin(caller);
    const wall = this.clock.wall();
    const input: Input = { type: 'setStatus', sessionId: undefined, wall, ...status };
    const { user } = await this.commands.execute(userId, input);
    return presenceFor(caller.userId, user);
  }

  /** `expiresInMs`: how long the attributes in `set` last. Undefined: as long as the session. */
  async setAttributes(
    caller: Principal,
    sessionId: string,
    {
      set,
      remove,
      expiresInMs,
      isPassive,
    }: {
      readonly set: ReadonlyMap<string, string>;
      readonly remove: readonly string[];
      readonly expiresInMs: number | undefined;
      readonly isPassive: boolean;
    },
  ): Promise<User> {
    const { user } = await this.commands.execute(caller.userId, () => {
      const expiresAt = expiresInMs === undefined ? undefined : this.clock.now() + expiresInMs;
      const changes = { set, remove, expiresAt, field: 'set' } as const;
      return { type: 'setAttributes', sessionId, changes, isPassive };
    });
    return user;
  }

  /** Counts the users who are not OFFLINE: those in each channel, or all users. */
  async countPresences(
    channelIds: readonly string[],
  ): Promise<readonly (readonly [channelId: string | undefined, counts: StatusCounts])[]> {
    const { view } = this.store;
    await view.awaitCurrent();
    if (channelIds.length === 0) return [[undefined, view.counts]];
    return channelIds.map((channelId) => [channelId, view.countsIn(channelId)]);
  }

  /** Returns the presence of a user, as the caller may see it. */
  async getPresence(caller: Principal, userId: string): Promise<Presence> {
    const [presence] = await this.load(caller, [userId]);
    return presence!;
  }

  /** Returns the presences of users in the requested order, as the caller may see them. */
  async batchGetPresences(
    caller: Principal,
    userIds: readonly string[],
  ): Promise<readonly Presence[]> {
    this.reads.take(caller, userIds.length);
    return this.load(caller, userIds);
  }

  /** Returns the complete state of a user. Only for admins. */
  async inspectUser(caller: Principal, userId: string): Promise<User> {
    requireAdmin(caller);
    return this.store.get({ userId });
  }

  async listOnlineUsers(
    caller: Principal,
    statuses: readonly Status[],
    request: PageRequest,
  ): Promise<Page> {
    this.reads.take(caller, sizeOf(request));
    await this.store.view.awaitCurrent();
    const { view } = this.store;
    const wanted = statuses.length === 0 ? LISTED_STATUSES : statuses;
    const list = `online ${[...new Set(wanted)].sort().join()}`;
    return this.page(list, request, {
      after: (userId) => view.listed(wanted, userId),
      totalSize: view.countListed(wanted),
    });
  }

  async listChannelMembers(
    caller: Principal,
    channelId: string,
    request: PageRequest,
  ): Promise<Page> {
    this.reads.take(caller, sizeOf(request));
    await this.store.view.awaitCurrent();
    const { view } = this.store;
    return this.page(`channel ${channelId}`, request, {
      after: (userId) => view.members(channelId, userId),
      totalSize: view.countMembers(channelId),
    });
  }

  /** Executes a command of the caller and returns the new state of the caller. */
  private async change(caller: Principal, input: Input): Promise<User> {
    return (await this.commands.execute(caller.userId, input)).user;
  }

  private async load(caller: Principal, userIds: readonly string[]): Promise<readonly Presence[]> {
    await this.store.view.awaitCurrent();
    const own = userIds.includes(caller.userId) ? await this.ownPresence(caller) : undefined;
    return userIds.map((userId) =>
      own !== undefined && userId === caller.userId ? own : this.store.view.presence(userId),
    );
  }

  private async ownPresence(caller: Principal): Promise<Presence> {
    return presenceFor(caller.userId, await this.store.get({ userId: caller.userId }));
  }

  /**
   * Returns a page of a list. A page token is valid only for its own list: with another list it would silently skip
   * users.
   */
  private page(list: string, request: PageRequest, listing: Listing): Page {
    const { pageToken } = request;
    const size = sizeOf(request);
    const presences: Presence[] = [];
    const rest = listing.after(
      pageToken === '' ? undefined : this.decodePageToken(list, pageToken),
    );
    let next = rest.next();
    let bytes = 0;
    for (; !next.done && presences.length < size && bytes < MAX_PAGE_BYTES; next = rest.next()) {
      presences.push(next.value);
      bytes += approximateBytes(next.value);
    }
    const last = presences.at(-1);
    return {
      presences,
      nextPageToken:
        next.done || last === undefined ? '' : this.pageTokens.seal(Buffer.from(last.userId), list),
      totalSize: listing.totalSize,
    };
  }

  /** Returns the id of the user after which the page begins. */
  private decodePageToken(list: string, pageToken: string): string {
    const lastUserId = this.pageTokens.open(pageToken, list);
    if (lastUserId === undefined) {
      throw new RejectedError(
        'INVALID_FIELD',
        'is not a next_page_token of this list; begin again with the first page',
        'page_token',
      );
    }
    return lastUserId.toString();
  }
}

interface Listing {
  /** Iterates over the presences after a user, in order. */
  readonly after: (userId: string | undefined) => Iterator<Presence>;
  readonly totalSize: number;
}

/** Returns the maximum number of presences on a page. */
function sizeOf({ pageSize }: PageRequest): number {
  return Math.min(pageSize || DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);
}
