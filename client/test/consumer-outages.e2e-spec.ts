import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Build, type ServerProcess } from '../../test/support/built-server.js';
import { freePort } from '../../test/support/free-port.js';
import { NIGHTLY } from '../../test/support/nodes.js';
import { RedisServer } from '../../test/support/redis-server.js';
import { Clients } from './support/clients.js';
import { ConsumedHistory } from './support/consumed-history.js';
import { PROTOCOLS } from './support/protocols.js';

const protocol = PROTOCOLS[0]!;

/** In the night the service is killed at every await of the program, by day at a few. */
const STRIDE = NIGHTLY ? 1 : 15;

/** The time limit of a test, in milliseconds. Each kill needs a start of the service. */
const TIMEOUT_MS = NIGHTLY ? 1_200_000 : 180_000;

describe('A consumer, wherever it is when the service is killed,', () => {
  let build: Build;
  let clients: Clients;
  let victim: ServerProcess;
  let settings: Readonly<Record<string, string>>;
  beforeAll(async () => void (build = await Build.make()));
  beforeEach(async () => {
    clients = new Clients(protocol);
    settings = { GRPC_URL: `127.0.0.1:${await freePort()}`, HTTP_PORT: `${await freePort()}` };
  });
  afterEach(async () => {
    clients.close();
    await victim.kill();
  });
  afterAll(() => build.remove());

  /** Kills the server with SIGKILL and starts it again at the same address. */
  async function restart(): Promise<void> {
    await victim.kill();
    victim = await build.serve(settings);
  }

  it(
    'gets a snapshot of a node in memory that starts again, and ends with its state',
    async () => {
      victim = await build.serve(settings);
      for (let killAt = 1, awaits = Infinity; killAt <= awaits; killAt += STRIDE) {
        const history = await ConsumedHistory.begin(
          `channel ${killAt}`,
          (userId) => clients.at([victim.grpcAddress], userId, { random: () => 0.05 }),
          await victim.client('witness'),
        );
        const { database } = history;
        let hadPosition = false;
        const program = history.start(
          () => [victim.grpcAddress],
          async (_, nth) => {
            if (nth !== killAt) return;
            hadPosition = database.position !== undefined;
            await restart();
          },
        );
        await history.runWith(program);
        await history.goOn();
        await history.settle(program, 2);
        const where = `killed at ${killAt}: ${program.reached[killAt - 1]}`;
        expect(database.members.size, where).toBe(2);
        // Without a position there was nothing to lose.
        if (hadPosition) expect(database.resets, where).toContain('position-lost');
        else expect(database.resets.at(-1), where).toMatch(/^first-start|position-lost$/);
        awaits = Math.min(awaits, program.reached.length);
        await program.consumer.stop();
        history.end();
      }
    },
    TIMEOUT_MS,
  );

  it(
    'goes on at the other node of a cluster without a snapshot, and misses no event',
    async () => {
      const redis = await RedisServer.start();
      settings = { ...settings, REDIS_URL: redis.url };
      const survivor = await build.serve({ REDIS_URL: redis.url });
      victim = await build.serve(settings);
      for (let killAt = 1, awaits = Infinity; killAt <= awaits; killAt += STRIDE) {
        const history = await ConsumedHistory.begin(
          `channel ${killAt}`,
          (userId) => clients.at([survivor.grpcAddress], userId),
          await survivor.client(`witness ${killAt}`),
        );
        const { database } = history;
        let turn = 0;
        const program = history.start(
          () => [turn++ % 2 === 0 ? victim.grpcAddress : survivor.grpcAddress],
          async (_, nth) => {
            if (nth === killAt) await restart();
          },
        );
        await history.runWith(program);
        await history.goOn();
        await history.settle(program, 2);
        const where = `killed at ${killAt}: ${program.reached[killAt - 1]}`;
        expect(database.resets, where).toEqual(['first-start']);
        expect(database.events, where).toEqual(database.sinceSnapshot(await history.events()));
        awaits = Math.min(awaits, program.reached.length);
        await program.consumer.stop();
        history.end();
      }
      await survivor.kill();
      await redis.stop();
    },
    TIMEOUT_MS,
  );
});
