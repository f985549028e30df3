import { isDeepStrictEqual } from 'node:util';
import type { PresenceClient, Session } from '@presence-service/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { NIGHTLY, NODES } from '../../test/support/nodes.js';
import fc from '../../test/support/seeded-fast-check.js';
import { Service } from '../../test/support/service.js';
import { Clients } from './support/clients.js';
import { Database, KillableProgram, stateOf, type EventLine } from './support/killable-program.js';
import { PROTOCOLS } from './support/protocols.js';

const protocol = PROTOCOLS[0]!;

/** The number of events that a node keeps. With Redis it reads older ones from the partition logs. */
const LOG_SIZE = 30;
const MORE_THAN_THE_LOG = 2 * LOG_SIZE;

const USERS = ['ann', 'bob', 'cid', 'dan'];

let service: Service;
let clients: Clients;
beforeEach(async () => {
  service = await Service.start({}, { fixed: { eventLogSize: LOG_SIZE } });
  clients = new Clients(protocol);
});
afterEach(async () => {
  clients.close();
  await service.stop();
});

/** The users of one channel, what they do, and a program that consumes it and is sometimes away. */
class Life {
  readonly database: Database;
  /** All events, as a subscriber without breaks has received them. */
  private readonly witnessed: EventLine[] = [];
  private readonly witness: PresenceClient;
  private program: KillableProgram | undefined;
  private held: Promise<void> | undefined;
  private acts = 0;

  private constructor(
    private readonly channelId: string,
    private readonly sessions: readonly Session[],
  ) {
    this.database = new Database(channelId);
    this.witness = clients.of(service, 'witness');
  }

  static async begin(channelId: string): Promise<Life> {
    const sessions = USERS.map((name) => clients.of(service, `${name} of ${channelId}`).connect());
    await Promise.all(sessions.map((session) => session.joinChannel(channelId)));
    const life = new Life(channelId, sessions);
    const consumer = life.witness.consume({
      channels: [channelId],
      position: { load: () => undefined, save: () => {} },
      onEvents: ({ events }) =>
        void life.witnessed.push(
          ...events.map(({ userId, kind, presence }): EventLine => [
            userId,
            kind,
            presence.version,
          ]),
        ),
    });
    await eventually(() => consumer.state.value.status, 'live');
    return life;
  }

  /** Starts the program if it does not run. */
  run(): void {
    this.program ??= new KillableProgram(
      protocol,
      () => service.addresses(protocol.addressOf),
      this.database,
      () => this.held,
    );
  }

  async stop(): Promise<void> {
    await this.program?.consumer.stop();
    this.program = undefined;
  }

  kill(): void {
    this.program?.kill();
    this.program = undefined;
  }

  cut(): void {
    this.program?.cut();
  }

  /** Lets events happen while the program is in the middle of an await. */
  async holdDuring(events: number): Promise<void> {
    let release!: () => void;
    this.held = new Promise((resolve) => (release = resolve));
    await this.act(events);
    this.held = undefined;
    release();
  }

  /** Each act causes one event. All users stay in the channel, so every snapshot has all of them. */
  async act(events: number): Promise<void> {
    for (let i = 0; i < events; i++) {
      const act = this.acts++;
      const session = this.sessions[act % USERS.length]!;
      const turn = Math.floor(act / USERS.length) % 4;
      if (turn % 2 === 0) await session.mute({ microphone: turn === 0 });
      else await session.setStatus(turn === 1 ? 'away' : 'automatic');
    }
  }

  /** Waits until the program has the state of the service, and has missed nothing and repeated no snapshot event. */
  async settle(): Promise<void> {
    this.run();
    const { database, witnessed } = this;
    const members: string[] = [];
    for await (const presence of this.witness.listMembers(this.channelId))
      members.push(stateOf(presence));
    const missed = (): boolean =>
      !isDeepStrictEqual(database.events, database.sinceSnapshot(witnessed));
    await eventually(() => [database.state, missed()], [members.sort(), false]);
  }

  end(): void {
    this.kill();
    this.witness.close();
    for (const session of this.sessions) session.close();
  }
}

type Step =
  | { readonly type: 'stop' | 'kill' | 'cut' | 'hold'; readonly events: number }
  | { readonly type: 'settle' };

const steps = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constantFrom('stop' as const, 'kill' as const, 'cut' as const, 'hold' as const),
      events: fc.oneof(fc.nat(8), fc.integer({ min: LOG_SIZE, max: MORE_THAN_THE_LOG })),
    }),
    fc.constant<Step>({ type: 'settle' }),
  ),
  { minLength: 3, maxLength: 8 },
);

async function live(life: Life, step: Step): Promise<void> {
  life.run();
  if (step.type === 'settle') return life.settle();
  if (step.type === 'hold') return life.holdDuring(step.events);
  if (step.type === 'stop') await life.stop();
  else life[step.type]();
  await life.act(step.events);
}

describe('A consumer that was away', () => {
  it.runIf(NODES > 1)(
    'for longer than the event log of a node reaches goes on without a snapshot',
    async () => {
      const life = await Life.begin('lobby');
      await life.settle();
      await life.stop();
      await life.act(3 * LOG_SIZE);
      await life.settle();
      expect(life.database.resets).toEqual(['first-start']);
      life.end();
    },
  );

  it.runIf(NODES === 1)(
    'for longer than the memory of a single node reaches gets a snapshot',
    async () => {
      const life = await Life.begin('lobby');
      await life.settle();
      await life.stop();
      await life.act(3 * LOG_SIZE);
      await life.settle();
      expect(life.database.resets).toEqual(['first-start', 'position-lost']);
      life.end();
    },
  );

  it('at any times has each event since its last snapshot once, in order, and the state', async () => {
    let lives = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const life = await Life.begin(`channel ${lives++}`);
        for (const step of all) await live(life, step);
        await life.settle();
        life.end();
      }),
      { numRuns: NIGHTLY ? 60 : 3, endOnFailure: true },
    );
  });
});
