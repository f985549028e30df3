import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { attack, ATTACKS, type Attack } from '../support/attack.js';
import { Build, type ServerProcess } from '../support/built-server.js';
import type { ChildProgram } from '../support/child-program.js';
import type { Client, OpenSession } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { NIGHTLY } from '../support/nodes.js';

const PROBE = new URL('../support/heap-probe.mjs', import.meta.url).href;

/**
 * The number of connections, each with 1,000 calls, that once crashed a server with a heap of 128
 * MB.
 */
const CONNECTIONS: Readonly<Partial<Record<Attack, number>>> = { health: 20, reflection: 20 };
const OTHERS = 24;

/**
 * The memory that the server may keep after the attack: compiled code, and rate-limit state of the
 * users that called.
 */
const KEPT_BYTES = 8 * 1024 * 1024;

let build: Build;
beforeAll(async () => void (build = await Build.make({ dashboard: false })));
afterAll(() => build.remove());

/** The smaller heap is the harder one to defend. */
const HEAPS_MB = NIGHTLY ? [256] : [128];

describe.each(HEAPS_MB)('A server with a heap of %d MB', (megabytes) => {
  let server: ServerProcess;
  let honest: Client;
  let session: OpenSession;
  let heaps = 0;
  let attacker: ChildProgram | undefined;
  beforeAll(async () => {
    server = await build.serve(
      { HEAP_PROBE_OPTIMISES: 'true' },
      { nodeOptions: [`--max-heap-size=${megabytes}`, `--import=${PROBE}`] },
    );
    honest = await server.client('ann');
    session = await honest.connect();
  });
  afterEach(() => attacker?.kill());
  afterAll(() => server.kill());

  /** Returns the used heap size after a garbage collection, in bytes. */
  async function heap(): Promise<number> {
    server.signal('SIGUSR2');
    const [, bytes] = await server.says(new RegExp(`heap ${++heaps}: (\\d+)`));
    return Number(bytes);
  }

  async function sessionIds(): Promise<readonly string[]> {
    const { sessions } = await honest.listSessions();
    return sessions.map(({ sessionId }) => sessionId);
  }

  it.each(ATTACKS)(
    'serves its users during an attack, and keeps nothing of it: %s',
    async (kind) => {
      const before = await heap();
      attacker = await attack(server, kind, CONNECTIONS[kind] ?? OTHERS);
      let isOver = false;
      const over = attacker.says(/over: (.*)/).finally(() => (isOver = true));
      while (!isOver) {
        expect(await sessionIds()).toEqual([session.sessionId]);
        await sleep(20);
      }
      const [, answers] = await over;
      // Every complete request gets an error that describes its actual fault.
      expect(answers).not.toMatch(/grpc-status:? (0|2|13|14)|status (undefined|500)/);
      // A new client, while the attack continues.
      const late = await server.client('late');
      await eventually(async () => (await late.listSessions()).sessions, []);
      late.close();
      await attacker.kill();
      await eventually(async () => (await heap()) - before < KEPT_BYTES, true);
      expect(await sessionIds()).toEqual([session.sessionId]);
    },
  );
});
