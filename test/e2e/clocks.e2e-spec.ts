import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BeatingUser } from '../support/beating-user.js';
import { Build, type ServerProcess } from '../support/built-server.js';
import { Cluster } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { msOf } from '../support/in-words.js';
import { RedisServer } from '../support/redis-server.js';
import { tokenOf } from '../support/service.js';
import { Witness } from '../support/witness.js';
import { wrongClock } from '../support/wrong-clock.js';

/** Far longer than a heartbeat needs on a busy machine. */
const HEARTBEAT_TIMEOUT_MS = 5000;
const SETTINGS = {
  HEARTBEAT_TIMEOUT_MS: `${HEARTBEAT_TIMEOUT_MS}`,
  STREAM_HEARTBEAT_INTERVAL_MS: '100',
};
/**
 * Heartbeats for longer than an absence, its grace and a heartbeat timeout, so that every wrong end
 * of a session has happened.
 */
const ENOUGH_BEATS = 30;
const ABSENCE_MS = 8000;
const USERS = Array.from({ length: 6 }, (_, i) => `user ${i}`);
const CAME = ['userOnline CONNECTED'];
const CAME_AND_FELL_SILENT = [...CAME, 'userOffline CONNECTION_LOST'];

describe('A session with heartbeats', () => {
  let build: Build;
  let server: ServerProcess | undefined;
  let cluster: Cluster | undefined;
  let users: readonly BeatingUser[] = [];
  beforeAll(async () => void (build = await Build.make()));
  afterEach(async () => {
    for (const user of users) user.fallSilent();
    await server?.kill();
    await cluster?.stop();
    [server, cluster] = [undefined, undefined];
  });
  afterAll(() => build.remove());

  async function connectTo(node: ServerProcess, beatAt = node): Promise<void> {
    users = await Promise.all(
      USERS.map(async (userId) =>
        BeatingUser.start(await node.client(userId), await beatAt.client(userId)),
      ),
    );
  }

  /**
   * Expects that no user went offline although there was enough time, and that a user who then
   * stops its heartbeats does.
   */
  async function expectOnlyTheSilentToGo(witness: Witness): Promise<void> {
    await Promise.all(users.map((user) => user.isHeard(ENOUGH_BEATS)));
    for (const { userId } of users) expect(await witness.onlineOfflineEvents(userId)).toEqual(CAME);
    const [silent] = users;
    silent!.fallSilent();
    const told = (): Promise<readonly string[]> => witness.onlineOfflineEvents(silent!.userId);
    await eventually(told, CAME_AND_FELL_SILENT);
  }

  it('outlasts a stop of the server that is longer than its timeout', async () => {
    server = await build.serve(SETTINGS);
    const witness = await Witness.at(await server.client('witness'));
    await connectTo(server);
    server.signal('SIGSTOP');
    await sleep(ABSENCE_MS);
    server.signal('SIGCONT');
    await expectOnlyTheSilentToGo(witness);
  });

  it.each([-3_600_000, 60_000])(
    'outlasts a clock that is set by %i ms, and ends by the same clock when it is silent',
    async (stepMs) => {
      server = await build.serve({ ...SETTINGS, ...wrongClock({ stepMs }) });
      const witness = await Witness.at(await server.client('witness'));
      await connectTo(server);
      server.signal('SIGUSR2');
      await server.says(/The clock of this machine was set/);
      await expectOnlyTheSilentToGo(witness);
    },
  );

  it('outlasts a frozen Redis, wherever its heartbeats arrive', async () => {
    cluster = await Cluster.start(build, 2, SETTINGS);
    const [first, second] = cluster.nodes as [ServerProcess, ServerProcess];
    const witness = await Witness.at(await first.client('witness'));
    await connectTo(first, second);
    cluster.redis.signal('SIGSTOP');
    await sleep(ABSENCE_MS);
    cluster.redis.signal('SIGCONT');
    await expectOnlyTheSilentToGo(witness);
  });

  it('lasts between nodes whose clocks are a minute apart, with the times of Redis', async () => {
    cluster = await Cluster.start(build, 0);
    const serve = (offsetMs: number): Promise<ServerProcess> =>
      build.serve({ ...SETTINGS, REDIS_URL: cluster!.redis.url, ...wrongClock({ offsetMs }) });
    const behind = await serve(-30_000);
    const ahead = await serve(30_000);
    try {
      const witness = await Witness.at(await behind.client('witness'));
      await connectTo(behind, ahead);
      await behind.says(/The clock of this machine is 30\.\d s behind that of Redis/);
      await ahead.says(/The clock of this machine is 30\.\d s ahead of that of Redis/);
      const now = Date.now();
      for (const { started } of users) {
        // Less than the 30 seconds by which the clocks of the nodes are wrong.
        expect(Math.abs(msOf(started.session!.connectedAt)! - now)).toBeLessThan(25_000);
      }
      await expectOnlyTheSilentToGo(witness);
    } finally {
      await Promise.all([behind.kill(), ahead.kill()]);
    }
  });
});

describe('Nodes', () => {
  let build: Build;
  let redis: RedisServer;
  const nodes: ServerProcess[] = [];
  beforeAll(async () => void (build = await Build.make()));
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.kill()));
    await redis.stop();
  });
  afterAll(() => build.remove());

  async function serve(settings: Readonly<Record<string, string>>): Promise<ServerProcess> {
    const node = await build.serve({ ...SETTINGS, REDIS_URL: redis.url, ...settings });
    nodes.push(node);
    return node;
  }

  it('that die are the reason also when the grace of their sessions has ended', async () => {
    redis = await RedisServer.start();
    const [dying, staying] = [
      await serve({ RECONNECT_GRACE_MS: '1000' }),
      await serve({ RECONNECT_GRACE_MS: '1000' }),
    ];
    const witness = await Witness.at(await staying.client('witness'));
    await (await dying.client('ann')).connect();
    await dying.kill();
    const told = (): Promise<readonly string[]> => witness.onlineOfflineEvents('ann');
    await eventually(told, [...CAME, 'userOffline NODE_LOST']);
  });

  it('with different idle timeouts judge a session by those that it began with, and say so', async () => {
    redis = await RedisServer.start();
    const before = await serve({ IDLE_TIMEOUT_MS: '1000' });
    const after = await serve({ IDLE_TIMEOUT_MS: '600000' });
    await before.says(/Other nodes have different values of IDLE_TIMEOUT_MS/);
    await after.says(/Other nodes have different values of IDLE_TIMEOUT_MS/);
    const metrics = await (await fetch(`${after.httpUrl}/metrics`)).text();
    expect(metrics).toContain('presence_store_nodes_with_other_settings 1');

    const watching = after.clientWithToken(await tokenOf('watcher')).subscribe();
    await watching.beginning();
    const first = await BeatingUser.start(await before.client('ann'), await after.client('ann'));
    const second = await BeatingUser.start(await after.client('bea'), await before.client('bea'));
    await Promise.all([first, second].map((user) => user.isHeard(ENOUGH_BEATS / 2)));
    first.fallSilent();
    second.fallSilent();
    const kinds = (await watching.nextEvents(3)).map(({ presence, change }) =>
      [presence!.userId, change!.$case].join(' '),
    );
    expect(kinds.filter((words) => words.startsWith('ann'))).toEqual([
      'ann userOnline',
      'ann userStatusChanged',
    ]);
    expect(kinds.filter((words) => words.startsWith('bea'))).toEqual(['bea userOnline']);
    expect((await watching.nextEvents(2)).map(({ change }) => change!.$case)).toEqual([
      'userOffline',
      'userOffline',
    ]);
  });
});
