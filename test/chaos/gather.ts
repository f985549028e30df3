import { setTimeout as sleep } from 'node:timers/promises';
import { differencesOf } from './checks/convergence.js';
import { differencesOfOwn } from './checks/last-command-wins.js';
import { differencesOfViewers } from './checks/viewers-agree.js';
import { missingEvents } from './checks/webhook-events.js';
import type { Evidence, Promises } from './evidence.js';
import type { Scenario } from './scenario.js';
import type { World } from './world.js';

/** The time limit for polling for agreement. The check itself has a stricter limit. */
const GIVE_UP_MS = 25_000;

/**
 * The time limit for the receiver of webhooks to get all events. The pauses between the requests have become longer while it
 * failed.
 */
const DELIVERED_WITHIN_MS = 60_000;

/** The time for which the agreement must last. */
const STAYS_MS = 2500;

/** Stops the traffic, waits for agreement, and checks again a little later. */
export async function gather({ promises = {} }: Scenario, world: World): Promise<Evidence> {
  const { history } = world;
  await world.viewers?.settle();
  const unserved = (await world.population.settle()).map(({ userId }) => userId);
  const quietAt = Date.now();
  let agreedAfterMs: number | undefined;
  while (agreedAfterMs === undefined && Date.now() < quietAt + GIVE_UP_MS) {
    const seen = await look(world).catch(() => undefined);
    if (seen !== undefined && isRight(seen, world, promises)) agreedAfterMs = Date.now() - quietAt;
    else await sleep(200);
  }
  await Promise.all([sleep(STAYS_MS), allDelivered(world)]);
  return {
    history,
    agreedAfterMs,
    graceMs: world.graceMs,
    expected: world.expected(),
    openSessionIds: world.openSessionIds(),
    promises,
    unserved,
    ...(await lookPatiently(world)),
  };
}

/** Resolves when the receiver of webhooks has got all events. */
async function allDelivered({ history, webhooks }: World): Promise<void> {
  webhooks.mood = 'calm';
  const deadline = Date.now() + DELIVERED_WITHIN_MS;
  while (missingEvents(history).length > 0 && Date.now() < deadline) await sleep(200);
}

type Seen = Pick<Evidence, 'answers' | 'stored' | 'own' | 'viewers'>;

async function look(world: World): Promise<Seen> {
  return {
    answers: await world.answers(),
    stored: await world.stored(),
    own: await world.own(),
    viewers: await world.viewerAnswers(),
  };
}

/** Retries rejected calls, as clients do. */
async function lookPatiently(world: World): Promise<Seen> {
  const deadline = Date.now() + GIVE_UP_MS;
  for (;;) {
    try {
      return await look(world);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(200);
    }
  }
}

function isRight(
  { answers, stored, own, viewers }: Seen,
  world: World,
  promises: Promises,
): boolean {
  const open = world.openSessionIds();
  const areSame =
    open.size === stored.sessionIds.size && [...open].every((id) => stored.sessionIds.has(id));
  const expected = world.expected();
  return (
    areSame &&
    differencesOf({ answers, expected, promises }).length === 0 &&
    differencesOfOwn(own).length === 0 &&
    differencesOfViewers({ viewers, expected }).length === 0
  );
}
