import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NIGHTLY, NODES } from '../../test/support/nodes.js';
import { Service } from '../../test/support/service.js';
import { Clients } from './support/clients.js';
import { ConsumedHistory } from './support/consumed-history.js';
import { PROTOCOLS } from './support/protocols.js';

const protocol = PROTOCOLS[0]!;

/** By day the program is killed at every second await: with one node at the odd ones, with two nodes at the even ones. */
const STRIDE = NIGHTLY ? 1 : 2;

/** The time limit of the test, in milliseconds: there are about forty awaits. */
const TIMEOUT_MS = 300_000;

let service: Service;
let clients: Clients;
beforeEach(async () => {
  service = await Service.start();
  clients = new Clients(protocol);
});
afterEach(async () => {
  clients.close();
  await service.stop();
});

/** Runs a history with a program that is killed at one await. Returns the awaits if it never reached this one. */
async function liveUntil(killAt: number): Promise<readonly string[] | undefined> {
  const history = await ConsumedHistory.begin(
    `channel ${killAt}`,
    (userId) => clients.of(service, userId),
    await service.client(`witness ${killAt}`),
  );
  const { database } = history;
  const addresses = () => service.addresses(protocol.addressOf);
  const first = history.start(addresses, (program, nth) => {
    if (nth === killAt) program.kill();
  });
  await history.runWith(first);
  await history.goOn();
  await history.settle(first, 2);
  const { isDead, reached } = first;
  const hadPosition = database.position !== undefined;
  const last = isDead ? history.start(addresses) : first;
  await history.settle(last, 2);
  const where = `killed at ${killAt}: ${reached.at(-1)}`;
  expect(database.events, where).toEqual(database.sinceSnapshot(await history.events()));
  if (hadPosition) expect(database.resets, where).toEqual(['first-start']);
  else expect(database.resets.at(-1), where).toBe('first-start');
  await last.consumer.stop();
  history.end();
  return isDead ? undefined : reached;
}

describe('A consumer', () => {
  it(
    'misses no event and repeats no snapshot, wherever its process is killed',
    async () => {
      let complete: readonly string[] | undefined;
      let next = NODES;
      while (complete === undefined) {
        const killAt = Array.from({ length: 8 }, (_, i) => next + i * STRIDE);
        complete = (await Promise.all(killAt.map(liveUntil))).find(
          (reached) => reached !== undefined,
        );
        next += 8 * STRIDE;
      }
      // Without a kill, the program reached every kind of await.
      expect(new Set(complete)).toEqual(
        new Set([
          'load',
          'subscribe',
          'message',
          'handle',
          'after the snapshot',
          'after an event',
          'save',
          'saved',
        ]),
      );
      expect(next).toBeGreaterThan(complete.length);
    },
    TIMEOUT_MS,
  );
});
