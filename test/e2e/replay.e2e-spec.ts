import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PresenceEvent } from '../../src/api/generated/presence/v1/events_service.pb.js';
import type { Presence } from '../../src/api/generated/presence/v1/presence.pb.js';
import type { Client, OpenSession } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { Link } from '../support/link.js';
import { NIGHTLY, NODES } from '../support/nodes.js';
import { readTrace, type TraceRow } from '../load/replay/trace.js';
import { Picture, everyoneOnline } from '../support/picture.js';
import { Service, tokenOf } from '../support/service.js';

const BEGINNING = fileURLToPath(new URL('../fixtures/irc-presence-2000.csv', import.meta.url));
const WHOLE = fileURLToPath(
  new URL('../../../shared/traces/irc-presence-2020.csv', import.meta.url),
);

const ROWS_BETWEEN_CHECKS = 500;
const A_YEAR_SECONDS = 31_536_000;
/**
 * Most rows are more than the default interval apart. Ninety sessions would receive a heartbeat at
 * each of them, which is more than a million messages in all.
 */
const A_WEEK_MS = '604800000';
const WITHOUT_HEARTBEATS = {
  STREAM_HEARTBEAT_INTERVAL_MS: A_WEEK_MS,
  EVENT_LOG_MAX_AGE_MS: A_WEEK_MS,
};

const OBSERVER = 'observer';

/** The actual or expected number of announcements of a user. */
interface Announced {
  online: number;
  offline: number;
}

/** A session of the trace: a client on a connection that can be lost. */
interface Line {
  readonly client: Client;
  readonly link: Link;
  readonly open: OpenSession;
}

/**
 * Replays a trace, with a separate connection for each session, and computes the expected state.
 */
class Replay {
  private seconds = 0;
  private readonly lines = new Map<string, Line>();
  /** The live sessions of each user, according to the trace. */
  private readonly live = new Map<string, Set<string>>();
  private readonly due = new Map<string, Announced>();
  private readonly announced = new Map<string, Announced>();
  /** Users with an ended session that the service may not have noticed yet. */
  private readonly unsettled = new Set<string>();
  private readonly tokens = new Map<string, Promise<string>>();
  private checks = 0;

  private constructor(
    private readonly service: Service,
    private readonly observer: Client,
    private readonly observerSessionId: string,
    private readonly picture: Picture,
    private readonly admin: Client,
  ) {}

  static async of(service: Service): Promise<Replay> {
    const observer = service.clientWithToken(
      await tokenOf(OBSERVER, { ttlSeconds: A_YEAR_SECONDS }),
    );
    const admin = service.clientWithToken(
      await tokenOf('admin', { ttlSeconds: A_YEAR_SECONDS, isAdmin: true }),
    );
    const { sessionId } = await observer.connect();
    let note: (event: PresenceEvent) => void = () => {};
    const picture = new Picture(observer.subscribe(), (event) => note(event));
    await picture.untilCurrent();
    const replay = new Replay(service, observer, sessionId, picture, admin);
    note = (event) => replay.note(event);
    return replay;
  }

  async run(rows: readonly TraceRow[]): Promise<void> {
    for (const [i, row] of rows.entries()) {
      await this.passTimeUntil(row.seconds);
      await this.settle(row.user);
      await this.happen(row);
      if ((i + 1) % ROWS_BETWEEN_CHECKS === 0) await this.check();
    }
    await this.check();
  }

  close(): void {
    for (const { client, link } of this.lines.values()) {
      client.close();
      link.close();
    }
  }

  private happen(row: TraceRow): Promise<void> {
    switch (row.action) {
      case 'connect':
        return this.connect(row);
      case 'activity':
        return this.beActive(row);
      case 'disconnect':
        return this.disconnect(row);
    }
  }

  private async passTimeUntil(seconds: number): Promise<void> {
    // A few rows of the trace go back by a second, but the service clock never does.
    if (seconds <= this.seconds) return;
    await this.service.passTime((seconds - this.seconds) * 1000);
    this.seconds = seconds;
  }

  private async connect({ session, user }: TraceRow): Promise<void> {
    const link = await Link.to(this.service.addresses());
    const client = this.service.clientWithToken(await this.tokenOf(user), link.addresses);
    // Two platforms, so that a session that begins or ends next to others is visible.
    const platform = Number(session.slice(1)) % 2 === 0 ? 'desktop' : 'mobile';
    this.lines.set(session, { client, link, open: await client.connect({ platform }) });
    const sessions = this.live.get(user) ?? new Set();
    this.live.set(user, sessions.add(session));
    if (sessions.size === 1) announcedOf(this.due, user).online++;
  }

  private async beActive({ session }: TraceRow): Promise<void> {
    const { client, open } = this.lines.get(session)!;
    await client.recordActivity({ target: { $case: 'sessionId', value: open.sessionId } });
  }

  private async disconnect({ session, user, reason }: TraceRow): Promise<void> {
    const { client, link, open } = this.lines.get(session)!;
    this.lines.delete(session);
    if (reason === 'clean') {
      open.stream.cancel();
      await open.stream.ended;
    } else {
      link.cut();
    }
    client.close();
    const sessions = this.live.get(user)!;
    sessions.delete(session);
    if (sessions.size === 0) {
      this.live.delete(user);
      announcedOf(this.due, user).offline++;
    }
    this.unsettled.add(user);
    // A graceful end is sent on the connection, which must stay open until the service has received
    // it.
    if (reason === 'clean') await this.settle(user);
    link.close();
  }

  /** Waits until the service has processed the ended sessions of a user. */
  private async settle(user: string): Promise<void> {
    if (!this.unsettled.delete(user)) return;
    await eventually(
      async () => {
        const { sessions } = await this.admin.listSessions({ userId: user });
        return sessions.length;
      },
      this.live.get(user)?.size ?? 0,
    );
  }

  private note({ change, presence }: PresenceEvent): void {
    const announced = announcedOf(this.announced, presence!.userId);
    if (change?.$case === 'userOnline') announced.online++;
    if (change?.$case === 'userOffline') announced.offline++;
  }

  /** Compares the state of the service with the trace. */
  private async check(): Promise<void> {
    for (const user of [...this.unsettled]) await this.settle(user);
    const channelId = `check ${++this.checks}`;
    await this.observer.joinChannel({ sessionId: this.observerSessionId, channelId });
    await this.picture.untilIn(OBSERVER, channelId);

    const list = await everyoneOnline(this.observer, 50);
    const users = list.map(({ userId }) => userId).filter((userId) => userId !== OBSERVER);
    expect(users).toEqual([...this.live.keys()].sort());
    for (const user of users) {
      const { sessions } = await this.admin.listSessions({ userId: user });
      expect(sessions).toHaveLength(this.live.get(user)!.size);
    }
    expect(this.picture.resets).toBe(0);
    expect(this.picture.online().map(shown)).toEqual(list.map(shown));
    // An additional OFFLINE event would belong to a user with a live session.
    this.announced.delete(OBSERVER);
    expect(this.announced).toEqual(this.due);
  }

  private tokenOf(user: string): Promise<string> {
    let token = this.tokens.get(user);
    if (token === undefined) {
      this.tokens.set(user, (token = tokenOf(user, { ttlSeconds: A_YEAR_SECONDS })));
    }
    return token;
  }
}

function announcedOf(users: Map<string, Announced>, user: string): Announced {
  let announced = users.get(user);
  if (announced === undefined) users.set(user, (announced = { online: 0, offline: 0 }));
  return announced;
}

/** Removes the last activity, which may be outdated in events. */
function shown({ lastActiveAt: _, ...presence }: Presence): Omit<Presence, 'lastActiveAt'> {
  return presence;
}

describe('Seven months of an IRC channel, replayed over real connections', () => {
  let service: Service;
  let replay: Replay;
  beforeEach(async () => {
    service = await Service.start(WITHOUT_HEARTBEATS);
    replay = await Replay.of(service);
  });
  afterEach(async () => {
    replay.close();
    await service.stop();
  });

  // Each row takes several times as long with two nodes, which wait for their Redis.
  const first = NODES > 1 ? 500 : 2000;

  it(`show in every list, count and snapshot what the trace has: the first ${first} rows`, async () => {
    await replay.run(readTrace(BEGINNING).slice(0, first));
  });

  const isThere = existsSync(WHOLE);
  if (NIGHTLY && !isThere) console.warn(`Skipped: the whole trace is not there (${WHOLE}).`);

  it.skipIf(!isThere || !NIGHTLY)(
    'show in every list, count and snapshot what the trace has: all rows',
    async () => {
      await replay.run(readTrace(WHOLE));
    },
  );
});
