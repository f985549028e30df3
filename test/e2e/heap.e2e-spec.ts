import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../chaos/random.js';
import { Build, type ServerProcess } from '../support/built-server.js';
import { tokenOf } from '../support/service.js';
import { Storm } from '../support/storm.js';

const PROBE = new URL('../support/heap-probe.mjs', import.meta.url).href;

const USERS = ['user-0', 'user-1', 'user-2', 'user-3'];

/** The rounds in which bounded structures fill up. */
const WARM_UP = 3;

const ROUNDS = 12;

const CONNECTIONS = 20;
const CALLS = 25;

/** The limit per call. It is less than any object that a call could leak. */
const BYTES_PER_CALL = 50;

describe('The memory of a server', () => {
  let build: Build;
  let server: ServerProcess;
  beforeAll(async () => {
    build = await Build.make();
    const settings = {
      NODE_OPTIONS: `--import=${PROBE}`,
      MAX_SESSIONS_PER_USER: '1000',
      MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '1000',
    };
    server = await build.serve(settings, { fixed: { eventLogSize: 500 } });
  });
  afterAll(async () => {
    await server.kill();
    await build.remove();
  });

  async function heap(time: number): Promise<number> {
    server.signal('SIGUSR2');
    const [, bytes] = await server.says(new RegExp(`heap ${time}: (\\d+)`));
    return Number(bytes);
  }

  it('does not grow while clients connect and disconnect', async () => {
    const tokens = await Promise.all(USERS.map((userId) => tokenOf(userId)));
    const storm = new Storm([server.grpcAddress], tokens, new Random(1));
    const heaps: number[] = [];
    for (let round = 1; round <= WARM_UP + ROUNDS; round++) {
      await storm.run(CONNECTIONS, CALLS);
      heaps.push(await heap(round));
    }
    const growth = slope(heaps.slice(WARM_UP));
    expect(growth, `bytes a round, of ${heaps.join()}`).toBeLessThan(
      BYTES_PER_CALL * CONNECTIONS * CALLS,
    );
  });
});

/** Returns the average growth from each value to the next, by least squares. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = sum(values) / values.length;
  const products = values.map((value, i) => (i - middle) * (value - mean));
  const squares = values.map((_, i) => (i - middle) ** 2);
  return sum(products) / sum(squares);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
