import { afterEach, describe, expect, it } from 'vitest';
import { status } from '@grpc/grpc-js';
import type {
  PresenceEvent,
  SubscribeRequest,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
import type { Presence as PresenceMessage } from '../../src/api/generated/presence/v1/presence.pb.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { toPresenceMessage } from '../../src/api/proto-mappers.js';
import type { GrantsClaim } from '../../src/auth/grants.js';
import type { Principal } from '../../src/auth/principal.js';
import { TokenVerifier } from '../../src/auth/token-verifier.js';
import { channelIdsOf, type Presence } from '../../src/domain/presence.js';
import type { User } from '../../src/domain/user.js';
import { presenceSeenBy, shownTo, viewedOf } from '../../src/domain/visibility.js';
import { PresenceStore } from '../../src/store/presence-store.js';
import type { Client, OpenSession } from '../support/client.js';
import { ManualClock } from '../support/manual-clock.js';
import { everyoneOnline, Picture } from '../support/picture.js';
import { pagesOf, presenceOf } from '../support/reads.js';
import fc, { runs } from '../support/seeded-fast-check.js';
import { Service, tokenOf } from '../support/service.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';

// Plays random histories with real clients. After every move, everything that each viewer receives or reads is compared
// with what the visibility rule says of the stored users.

const USERS = ['ann', 'bob', 'cem'];
const GROUPS = ['acme', 'bolt'];
const CHANNELS = ['attic', 'lobby'];
/** A user whom every viewer sees. When a viewer learns of its change, it has learnt of all earlier ones. */
const MARKER = 'zoe';

/** The viewers. `ann` is a user as well. */
const VIEWERS: Readonly<Record<string, GrantsClaim>> = {
  ann: { groups: ['all', 'bolt'], join: ['*'] },
  eve: { groups: ['all', 'acme'], watch: [] },
  fay: { groups: ['all'], watch: ['lobby'] },
  gil: { groups: ['all', 'acme', 'bolt'], watch: ['att*'] },
};

const SETTINGS: readonly Readonly<Record<string, string>>[] = [
  {},
  { VISIBILITY: 'groups' },
  { CHANNEL_ACCESS: 'granted' },
  { VISIBILITY: 'groups', CHANNEL_ACCESS: 'granted' },
];

/** Something that happens, with a name for the report of a failure. */
interface Move {
  readonly name: string;
  readonly happens: (world: World) => Promise<unknown>;
}

const { STATUS_CHOICE_INVISIBLE: INVISIBLE, STATUS_CHOICE_AUTOMATIC: AUTOMATIC } = StatusChoice;

const acts = {
  'joins the lobby': (world: World, id: string) => world.join(id, 'lobby', false),
  'joins the attic': (world: World, id: string) => world.join(id, 'attic', false),
  'joins the lobby, too': (world: World, id: string) => world.join(id, 'lobby', true),
  'joins the attic, too': (world: World, id: string) => world.join(id, 'attic', true),
  leaves: (world: World, id: string) => world.leave(id),
  mutes: (world: World, id: string) => world.mute(id),
  'becomes invisible': (world: World, id: string) => world.choose(id, INVISIBLE),
  'becomes visible': (world: World, id: string) => world.choose(id, AUTOMATIC),
  disconnects: (world: World, id: string) => world.disconnect(id),
};

const user = fc.constantFrom(...USERS);
const moves: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(user, fc.subarray(GROUPS), fc.constantFrom(['*'], ['lobby']))
      .map(([id, groups, join]) => ({
        name: `${id} connects with ${groups.join()} and ${join.join()}`,
        happens: (world: World) => world.connect(id, { groups, join }),
      })),
  },
  {
    weight: 8,
    arbitrary: fc
      .tuple(user, fc.constantFrom(...(Object.keys(acts) as (keyof typeof acts)[])))
      .map(([id, act]) => ({
        name: `${id} ${act}`,
        // Some acts are rejected, for example without a session.
        happens: (world: World) => acts[act](world, id).catch(() => {}),
      })),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(user, fc.subarray(['ann', 'eve', 'fay'])).map(([id, from]) => ({
      name: `${id} hides from ${from.join()}`,
      happens: (world: World) => world.hide(id, from),
    })),
  },
  fc.constantFrom('bob', 'cem').map((id) => ({
    name: `${id} is revoked`,
    happens: (world: World) => world.revoke(id),
  })),
  fc.constantFrom('eve', 'gil').map((id) => ({
    name: `the viewer ${id} is revoked`,
    happens: (world: World) => world.revokeViewer(id),
  })),
  {
    weight: 2,
    arbitrary: fc.constantFrom(...Object.keys(VIEWERS)).map((id) => ({
      name: `the viewer ${id} comes or goes`,
      happens: (world: World) => world.comeOrGo(id),
    })),
  },
  fc.constantFrom(1000, 310_000).map((ms) => ({
    name: `${ms} ms pass`,
    happens: (world: World) => world.service.passTime(ms),
  })),
);

/** A viewer with a stream of everyone whom it sees, and one of its groups. */
class Viewer {
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

class World {
  private readonly clients = new Map<string, Client>();
  private readonly sessions = new Map<string, OpenSession>();
  private readonly viewers: Viewer[] = [];
  private marker!: OpenSession;
  private mark = false;

  private constructor(
    readonly service: Service,
    private readonly admin: Client,
  ) {}

  static async begin(settings: Readonly<Record<string, string>>): Promise<World> {
    const limits = { MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '100' };
    const clock = new ManualClock();
    const service = await Service.start({ ...limits, ...settings }, { clock });
    const world = new World(service, await service.client('admin', { isAdmin: true }));
    world.marker = await (await world.clientOf(MARKER, { groups: ['all'] })).connect();
    for (const userId of Object.keys(VIEWERS)) {
      const viewer = new Viewer(userId, ...(await world.enter(userId, VIEWERS[userId]!)));
      world.viewers.push(viewer);
      await viewer.come();
    }
    return world;
  }

  async enter(userId: string, grants: GrantsClaim): Promise<readonly [Client, Principal]> {
    const token = await tokenOf(userId, { grants, now: this.service.clock.wall() });
    const [verifier] = this.service.all(TokenVerifier);
    return [this.service.clientWithToken(token), await verifier.verify(token)];
  }

  async connect(userId: string, grants: GrantsClaim): Promise<void> {
    await this.disconnect(userId);
    const client = await this.clientOf(userId, grants);
    this.sessions.set(userId, await client.connect());
  }

  async disconnect(userId: string): Promise<void> {
    const session = this.sessions.get(userId);
    if (session === undefined) return;
    this.sessions.delete(userId);
    session.stream.cancel();
    await session.stream.ended;
    await this.clients
      .get(userId)!
      .endSession({ sessionId: session.sessionId })
      .catch(() => {});
  }

  async join(userId: string, channelId: string, keepOthers: boolean): Promise<unknown> {
    const sessionId = this.sessionOf(userId);
    return this.client(userId).joinChannel({ sessionId, channelId, keepOthers });
  }

  async leave(userId: string): Promise<unknown> {
    return this.client(userId).leaveChannel({ sessionId: this.sessionOf(userId) });
  }

  async mute(userId: string): Promise<unknown> {
    const sessionId = this.sessionOf(userId);
    return this.client(userId).updateMuteState({ sessionId, isSpeakerMuted: true });
  }

  async choose(userId: string, choice: StatusChoice): Promise<unknown> {
    return this.client(userId).updateStatus({ sessionId: this.sessionOf(userId), choice });
  }

  async hide(userId: string, userIds: readonly string[]): Promise<void> {
    await this.admin.updateHiddenFrom({ userId, userIds: [...userIds] });
  }

  /** Ends the session of a user. The next token is issued in a later second. */
  async revoke(userId: string): Promise<void> {
    await this.admin.revokeTokens({ userId });
    await this.sessions.get(userId)?.stream.ended;
    this.sessions.delete(userId);
    await this.service.passTime(1000);
  }

  /** Ends the streams of a viewer, who goes on with a new token. */
  async revokeViewer(userId: string): Promise<void> {
    const viewer = this.viewers.find((each) => each.userId === userId)!;
    await this.admin.revokeTokens({ userId });
    await viewer.lose();
    await this.service.passTime(1000);
    [viewer.client, viewer.principal] = await this.enter(userId, VIEWERS[userId]!);
    await viewer.come();
  }

  async comeOrGo(userId: string): Promise<void> {
    const viewer = this.viewers.find((each) => each.userId === userId)!;
    if (viewer.isAway) await viewer.come();
    else viewer.go();
  }

  async check(): Promise<void> {
    const stores = this.service.all(PresenceStore);
    await Promise.all(stores.map((store) => store.view.awaitCurrent()));
    this.mark = !this.mark;
    const { sessionId } = this.marker;
    await this.client(MARKER).updateMuteState({ sessionId, isMicrophoneMuted: this.mark });
    await Promise.all(stores.map((store) => store.view.awaitCurrent()));
    const users = await Promise.all([...USERS, MARKER].map((userId) => stores[0].get({ userId })));
    for (const viewer of this.viewers) await viewer.check(users, this.mark);
  }

  private client(userId: string): Client {
    const client = this.clients.get(userId);
    if (client === undefined) throw new Error(`${userId} was never connected`);
    return client;
  }

  private sessionOf(userId: string): string {
    return this.sessions.get(userId)?.sessionId ?? 'none';
  }

  private async clientOf(userId: string, grants: GrantsClaim): Promise<Client> {
    this.clients.get(userId)?.close();
    const [client] = await this.enter(userId, grants);
    this.clients.set(userId, client);
    return client;
  }
}

describe('In every history of users, groups, channels, hiding and tokens', () => {
  const worlds: World[] = [];
  afterEach(() => Promise.all(worlds.splice(0).map(({ service }) => service.stop())));

  it.each(SETTINGS)(
    'every viewer receives and reads what the rule says, with %o',
    async (settings) => {
      await fc.assert(
        fc.asyncProperty(fc.array(moves, { minLength: 15, maxLength: 30 }), async (history) => {
          const world = await World.begin(settings);
          worlds.push(world);
          for (const move of history) {
            await move.happens(world);
            await world.check();
          }
        }),
        { numRuns: runs(2), endOnFailure: true },
      );
    },
  );
});
