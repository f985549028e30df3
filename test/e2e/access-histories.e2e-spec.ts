import { afterEach, describe, it } from 'vitest';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { GrantsClaim } from '../../src/auth/grants.js';
import type { Principal } from '../../src/auth/principal.js';
import { TokenVerifier } from '../../src/auth/token-verifier.js';
import { PresenceStore } from '../../src/store/presence-store.js';
import { CheckedViewer, MARKER, VIEWERS } from '../support/checked-viewer.js';
import type { Client, OpenSession } from '../support/client.js';
import { ManualClock } from '../support/manual-clock.js';
import fc, { runs } from '../support/seeded-fast-check.js';
import { Service, tokenOf } from '../support/service.js';

// Plays random histories with real clients. After every move, everything that each viewer receives or reads is compared
// with what the visibility rule says of the stored users.

const USERS = ['ann', 'bob', 'cem'];
const GROUPS = ['acme', 'bolt'];
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

class World {
  private readonly clients = new Map<string, Client>();
  private readonly sessions = new Map<string, OpenSession>();
  private readonly viewers: CheckedViewer[] = [];
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
      const viewer = new CheckedViewer(userId, ...(await world.enter(userId, VIEWERS[userId]!)));
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
