import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { attack } from '../support/attack.js';
import { Build } from '../support/built-server.js';
import type { Client } from '../support/client.js';
import { Cluster } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { Witness } from '../support/witness.js';

const BUSY_LOOP = new URL('../support/busy-loop.mjs', import.meta.url).href;

/** More updates of the counters in Redis than a lease lasts. */
const LEASE_IN_BEATS = 8;

describe('A node of a cluster that is busy but connected', () => {
  let build: Build;
  let cluster: Cluster;
  let witness: Witness;
  let users: readonly Client[];
  beforeAll(async () => void (build = await Build.make({ dashboard: false })));
  afterEach(() => cluster.stop());
  afterAll(() => build.remove());

  /** Starts two nodes. The first has sessions, the second has a subscriber. */
  async function start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    cluster = await Cluster.start(build, 2, settings);
    witness = await Witness.at(await cluster.client(1, 'watcher'));
    users = await Promise.all(['ann', 'bob'].map((userId) => cluster.client(0, userId)));
    for (const user of users) await user.connect();
  }

  async function beats(): Promise<readonly number[]> {
    return cluster.redis.with(async (redis) => {
      const [key] = await redis.keys('*:beats');
      return Object.values(await redis.hgetall(key!)).map(Number);
    });
  }

  /** Waits until both nodes have updated their counters `times` times. */
  async function haveMoved(times: number): Promise<void> {
    const before = await beats();
    expect(before).toHaveLength(2);
    const areThere = async (): Promise<boolean> =>
      (await beats()).every((beat, i) => beat >= before[i]! + times);
    await eventually(areThere, true);
  }

  async function nobodyHasLeft(): Promise<void> {
    for (const userId of ['ann', 'bob']) {
      expect(await witness.onlineOfflineEvents(userId)).toEqual(['userOnline CONNECTED']);
    }
    for (const user of users) expect((await user.listSessions()).sessions).toHaveLength(1);
    for (const { output } of cluster.nodes) expect(output).not.toMatch(/declared dead/);
  }

  it('with ten large requests at once loses no session', async () => {
    await start();
    const [node] = cluster.nodes;
    const attacker = await attack(node!, 'large requests', 1);
    await attacker.says(/over/);
    await haveMoved(LEASE_IN_BEATS);
    await attacker.kill();
    await nobodyHasLeft();
  });

  it('for one and a half seconds, several times, loses no session', async () => {
    await start({ NODE_OPTIONS: `--import=${BUSY_LOOP}` });
    const [node] = cluster.nodes;
    for (let time = 1; time <= 3; time++) {
      node!.signal('SIGUSR2');
      await node!.says(new RegExp(`(was busy[^]*){${time}}`));
      await haveMoved(1);
    }
    await haveMoved(LEASE_IN_BEATS);
    await nobodyHasLeft();
  });
});
