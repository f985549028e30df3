import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { requireAdmin } from '../auth/require-admin.js';
import { requireGroups, requireJoin, requireWatch } from '../auth/require-grants.js';
import { Clock } from '../clock/clock.js';
import { currentlyHiddenFrom } from '../domain/access-rules.js';
import type { Input } from '../domain/input.js';
import { LISTED_STATUSES, type Presence, type Status } from '../domain/presence.js';
import type { StatusChoice, User } from '../domain/user.js';
import { shownTo } from '../domain/visibility.js';
import { ReadLimit } from '../limits/read-limit.js';
import { CommandExecutor } from '../commands/command-executor.js';
import { SealingKeys } from '../sealed-tokens/sealing-keys.js';
import {
  countsOf,
  sumOf,
  type CountScope,
  type PresenceReader,
  type StatusCounts,
} from '../store/presence-reader.js';
import { PresenceStore } from '../store/presence-store.js';
import { costOf, readBatch } from './batch.js';
import { PageReader, sizeOf, type Page, type PageRequest } from './page-reader.js';

/** A status that a user or a backend chooses. */
export interface ChosenStatus {
  readonly choice: StatusChoice;
  readonly statusText: string;
  readonly expiresAt: number | undefined;
}

@Injectable()
export class PresenceService {
  private readonly pages: PageReader;

  constructor(
    private readonly commands: CommandExecutor,
    private readonly store: PresenceStore,
    private readonly reads: ReadLimit,
    private readonly clock: Clock,
    keys: SealingKeys,
  ) {
    this.pages = new PageReader(keys);
  }

  async joinChannel(
    caller: Principal,
    sessionId: string,
    channelId: string,
    keepOthers: boolean,
  ): Promise<User> {
    requireJoin(caller, channelId, 'channel_id');
    const input: Input = { type: 'joinChannel', sessionId, channelId, keepOthers };
    return (await this.commands.executeFor(caller.viewer, input)).user;
  }

  /** Without a channel: leaves all. */
  async leaveChannel(
    caller: Principal,
    sessionId: string,
    channelId: string | undefined,
  ): Promise<User> {
    const input: Input = { type: 'leaveChannel', sessionId, channelId };
    return (await this.commands.executeFor(caller.viewer, input)).user;
  }

  async setMute(
    caller: Principal,
    sessionId: string,
    mute: {
      readonly isMicrophoneMuted: boolean | undefined;
      readonly isSpeakerMuted: boolean | undefined;
    },
  ): Promise<User> {
    const input: Input = { type: 'setMute', sessionId, ...mute };
    return (await this.commands.executeFor(caller.viewer, input)).user;
  }

  async setStatus(caller: Principal, sessionId: string, status: ChosenStatus): Promise<User> {
    const wall = this.clock.wall();
    const input: Input = { type: 'setStatus', sessionId, wall, ...status };
    return (await this.commands.executeFor(caller.viewer, input)).user;
  }

  /** Sets the status of a user for a backend. Only for admins. */
  async setStatusOf(caller: Principal, userId: string, status: ChosenStatus): Promise<Presence> {
    requireAdmin(caller);
    const wall = this.clock.wall();
    const input: Input = { type: 'setStatus', sessionId: undefined, wall, ...status };
    const { user } = await this.commands.execute(userId, input);
    return shownTo(caller.viewer, user);
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
    const { user } = await this.commands.executeFor(caller.viewer, () => {
      const expiresAt = expiresInMs === undefined ? undefined : this.clock.now() + expiresInMs;
      const changes = { set, remove, expiresAt, field: 'set' } as const;
      return { type: 'setAttributes', sessionId, changes, isPassive };
    });
    return user;
  }

  /** Replaces the list of users from whom a user hides. Only admins may name another user. */
  async hideFrom(caller: Principal, userId: string, userIds: readonly string[]): Promise<void> {
    if (userId !== caller.userId) requireAdmin(caller);
    await this.commands.execute(userId, { type: 'hideFrom', userIds });
  }

  /** Returns the users from whom a user hides, sorted. Only admins may name another user. */
  async hiddenFrom(caller: Principal, userId: string): Promise<readonly string[]> {
    if (userId !== caller.userId) requireAdmin(caller);
    const { accessRules } = await this.store.get({ userId });
    return currentlyHiddenFrom(accessRules);
  }

  /** Counts the users who are not OFFLINE: those in each channel and then in each group, or all users. */
  async countPresences(
    caller: Principal,
    channelIds: readonly string[],
    groupIds: readonly string[],
  ): Promise<readonly (readonly [scope: CountScope | undefined, counts: StatusCounts])[]> {
    requireWatch(caller, channelIds, 'channel_ids');
    requireGroups(caller, groupIds, 'group_ids');
    const scopes: readonly CountScope[] = [
      ...channelIds.map((channelId) => ({ channelId })),
      ...groupIds.map((groupId) => ({ groupId })),
    ];
    if (scopes.length === 0) return [[undefined, (await this.viewOfAll(caller)).counts]];
    const view = await this.viewFor(caller);
    return scopes.map((scope) => [scope, countsOf(view, scope)]);
  }

  /** Returns the presence of a user, as the caller may see it. */
  async getPresence(caller: Principal, userId: string): Promise<Presence> {
    return (await this.readerFor(caller, [userId]))(userId);
  }

  /** Returns the presences of users in the requested order, as the caller may see them, each converted by `convert`. */
  async batchGetPresences<T>(
    caller: Principal,
    userIds: readonly string[],
    convert: (presence: Presence) => T,
  ): Promise<readonly T[]> {
    this.reads.take(caller, userIds.length);
    const batch = await readBatch(userIds, await this.readerFor(caller, userIds), convert);
    this.reads.consume(caller, costOf(batch) - userIds.length);
    return batch.converted;
  }

  /** Returns the complete state of a user. Only for admins. */
  async inspectUser(caller: Principal, userId: string): Promise<User> {
    requireAdmin(caller);
    return this.store.get({ userId });
  }

  /** Lists all users, or those in a group. Empty `statuses`: with any status. */
  async listOnlineUsers(
    caller: Principal,
    { statuses, groupId }: { readonly statuses: readonly Status[]; readonly groupId: string },
    request: PageRequest,
  ): Promise<Page> {
    if (groupId !== '') requireGroups(caller, [groupId], 'group_id');
    this.reads.take(caller, sizeOf(request));
    const wanted = statuses.length === 0 ? LISTED_STATUSES : statuses;
    // A commit may change what the caller sees while the page is read.
    const viewNow = (): PresenceReader => this.store.view.for(caller.viewer);
    const list = `online ${[...new Set(wanted)].sort().join()}`;
    if (groupId === '') {
      const view = await this.viewOfAll(caller);
      return this.pages.read(caller.viewer.rights, list, request, {
        after: (userId, slice) => viewNow().listed(wanted, userId, slice),
        totalSize: view.countListed(wanted),
      });
    }
    const view = await this.viewFor(caller);
    return this.pages.read(caller.viewer.rights, `${list} in ${groupId}`, request, {
      after: (userId, slice) => viewNow().inGroup(groupId, userId, slice),
      statuses: wanted,
      totalSize: sumOf(view.countsInGroup(groupId), wanted),
    });
  }

  async listChannelMembers(
    caller: Principal,
    channelId: string,
    request: PageRequest,
  ): Promise<Page> {
    requireWatch(caller, [channelId], 'channel_id');
    this.reads.take(caller, sizeOf(request));
    const view = await this.viewFor(caller);
    return this.pages.read(caller.viewer.rights, `channel ${channelId}`, request, {
      after: (userId, slice) =>
        this.store.view.for(caller.viewer).members(channelId, userId, slice),
      totalSize: view.countMembers(channelId),
    });
  }

  /** Returns a function that reads the current presence of each of `userIds`, as the caller may see it. */
  private async readerFor(
    caller: Principal,
    userIds: readonly string[],
  ): Promise<(userId: string) => Presence> {
    const isOwnWanted = userIds.includes(caller.userId);
    await this.store.view.awaitCurrent();
    const own = isOwnWanted ? (await this.store.get({ userId: caller.userId })).own : undefined;
    return (userId) => {
      const view = this.store.view.for(caller.viewer);
      return own !== undefined && userId === caller.userId ? own : view.presence(userId);
    };
  }

  /** Returns the current presences as the caller may see them, valid until the next commit. */
  private async viewFor({ viewer }: Principal): Promise<PresenceReader> {
    await this.store.view.awaitCurrent();
    return this.store.view.for(viewer);
  }

  /** Like `viewFor`, for reads of all users whom the caller may see. */
  private async viewOfAll({ viewer }: Principal): Promise<PresenceReader> {
    await this.store.view.awaitCurrent();
    await this.store.view.prepare(viewer);
    return this.store.view.for(viewer);
  }
}
