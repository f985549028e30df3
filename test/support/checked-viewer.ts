import { expect } from 'vitest';
import { status } from '@grpc/grpc-js';
import type {
  PresenceEvent,
  SubscribeRequest,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
import type { Presence as PresenceMessage } from '../../src/api/generated/presence/v1/presence.pb.js';
import { toPresenceMessage } from '../../src/api/proto-mappers.js';
import type { GrantsClaim } from '../../src/auth/grants.js';
import type { Principal } from '../../src/auth/principal.js';
import { channelIdsOf, type Presence } from '../../src/domain/presence.js';
import type { User } from '../../src/domain/user.js';
import { presenceSeenBy, shownTo, viewedOf } from '../../src/domain/visibility.js';
import type { Client } from './client.js';
import { everyoneOnline, Picture } from './picture.js';
import { pagesOf, presenceOf } from './reads.js';
import type { SubscriptionReader } from './subscription-reader.js';

/** The channels of the histories. */
export const CHANNELS = ['attic', 'lobby'];
/** A user whom every viewer sees. When a viewer learns of its change, it has learnt of all earlier ones. */
export const MARKER = 'zoe';

/** The viewers. `ann` is a user as well. */
export const VIEWERS: Readonly<Record<string, GrantsClaim>> = {
  ann: { groups: ['all', 'bolt'], join: ['*'] },
  eve: { groups: ['all', 'acme'], watch: [] },
  fay: { groups: ['all'], watch: ['lobby'] },
  gil: { groups: ['all', 'acme', 'bolt'], watch: ['att*'] },
};

/** A viewer with a stream of everyone whom it sees, and one of its groups. */
export class CheckedViewer {
  readonly groups: readonly string[];
  isAway = true;
  /** The events that the viewer has missed, until they are checked. */
  private missed: PresenceEvent[] = [];
  private readonly filters: readonly Partial<SubscribeRequest>[];
  private readonly pictures: readonly Picture[];
  private readers: readonly SubscriptionReader[] = [];

  constructor(
    readonly userId: string,
    public client: Client,
    public principal: Principal,
  ) {
    this.groups = VIEWERS[userId]!.groups!;
    this.filters = [{}, { groupIds: [...this.groups] }];
    const take = (event: PresenceEvent): void => void (this.isAway && this.missed.push(event));
    this.pictures = this.filters.map(() => new Picture(client.subscribe(), take));
  }

  /** Begins, or goes on where the streams ended. */
  async come(): Promise<void> {
    this.missed = [];
    this.readers = this.filters.map((filter, i) =>
      this.client.subscribe({ ...filter, resumeToken: this.pictures[i]!.resumeToken }),
    );
    for (const [i, picture] of this.pictures.entries()) {
      picture.continueWith(this.readers[i]!);
      await picture.untilCurrent();
    }
    this.isAway = false;
  }

  go(): void {
    for (const reader of this.readers) reader.cancel();
    this.isAway = true;
  }

  /** Goes when the service ends the streams, of which the token was revoked. */
  async lose(): Promise<void> {
    if (this.isAway) return;
    for (const { ended } of this.readers) expect((await ended).code).toBe(status.UNAUTHENTICATED);
    this.isAway = true;
  }

  /** Compares everything that the viewer reads and receives. `mark`: the change of the marker that it must know. */
  async check(users: readonly User[], mark: boolean): Promise<void> {
    const { viewer } = this.principal;
    const seen = users.map((user) => presenceSeenBy(viewer, viewedOf(user)));
    const online = (passes: (seen: Presence, user: User) => boolean = () => true) =>
      seen
        .filter((each, i) => each.status !== 'OFFLINE' && passes(each, users[i]!))
        .map(toPresenceMessage);
    const isIn = (groupIds: readonly string[]) => (_: Presence, user: User) =>
      viewedOf(user).groups.some((id) => groupIds.includes(id));

    expect(await everyoneOnline(this.client)).toEqual(online());
    for (const user of users) {
      const shown = toPresenceMessage(shownTo(viewer, user));
      expect(await presenceOf(this.client, user.userId)).toEqual(shown);
    }
    const { counts } = await this.client.countPresences({ groupIds: [...this.groups] });
    for (const [i, groupId] of this.groups.entries()) {
      const ids = online(isIn([groupId])).map(({ userId }) => userId);
      expect(await pagesOf(this.client, { groupId })).toEqual({ ids, total: ids.length });
      expect(counts[i]!.total).toBe(ids.length);
    }
    for (const channelId of CHANNELS) {
      if (viewer.mayWatch?.(channelId) === false) continue;
      const { presences } = await this.client.listChannelMembers({ channelId });
      expect(presences).toEqual(online((each) => channelIdsOf(each).includes(channelId)));
    }
    if (this.isAway) return;
    const followed = [online(), online(isIn(this.groups))];
    for (const [i, picture] of this.pictures.entries()) {
      await picture.until(() => picture.of(MARKER)?.isMicrophoneMuted === mark);
      expect(picture.online().map(announced)).toEqual(followed[i]!.map(announced));
    }
    const isUnseen = ({ presence }: PresenceEvent): boolean =>
      seen.some(({ userId, version }) => userId === presence!.userId && version === 0);
    for (const { presence } of viewer.groups ? this.missed.filter(isUnseen) : [])
      expect(presence).toMatchObject({ connectedAt: undefined, channelIds: [] });
    this.missed = [];
  }
}

/** Without what changes without an event: the time of the last activity, and the version of a view. */
function announced({ lastActiveAt: _, version: __, ...rest }: PresenceMessage): object {
  return rest;
}
