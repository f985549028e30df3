// The class of all server calls in grpc-js, including those of health and reflection.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TokenVerifier } from '../../src/auth/token-verifier.js';
import { EventsService } from '../../src/events/events.service.js';
import { FanOut } from '../../src/events/fan-out.js';
import { Subscription } from '../../src/events/subscription.js';
import { CallStream } from '../../src/transport/grpc/grpc-server-stream.js';
import { GrpcCall } from '../../src/transport/grpc/serve-call.js';
import { ConnectionDrainer } from '../../src/lifecycle/connection-drainer.js';
import { SessionStream } from '../../src/session/session-stream.js';
import { SessionRegistry } from '../../src/session/session-registry.js';
import { PresenceStore } from '../../src/store/presence-store.js';
import { Random } from '../chaos/random.js';
import { eventually } from '../support/eventually.js';
import { countAlive } from '../support/heap.js';
import { SEED } from '../support/seed.js';
import { Service, tokenOf } from '../support/service.js';
import { Storm } from '../support/storm.js';

const USERS = ['user-0', 'user-1', 'user-2', 'user-3'];

const NOTHING = {
  ...{ sessions: 0, timers: 0, channels: 0, online: 0 },
  ...{ sessionStreams: 0, subscriptions: 0, interests: 0, subscribers: 0, streams: 0 },
};

describe(`After clients have disconnected in any way (TEST_SEED=${SEED})`, () => {
  let service: Service;
  let storm: Storm;
  beforeEach(async () => {
    service = await Service.start({ MAX_SESSIONS_PER_USER: '1000' });
    const tokens = await Promise.all(USERS.map((userId) => tokenOf(userId)));
    storm = new Storm(service.addresses(), tokens, new Random(SEED));
  });
  afterEach(() => service.stop());

  /** Returns all structures in which a node keeps data of clients and their calls. */
  function held(): object[] {
    const parts = service.all(PresenceStore).map((store, node) => {
      const { sessions, timers } = store.status.metrics();
      return {
        ...{ sessions, timers, channels: store.view.channels },
        online: store.view.countListed(['ONLINE', 'IDLE', 'AWAY', 'DO_NOT_DISTURB']),
        sessionStreams: service.all(SessionRegistry)[node]!.size,
        subscriptions: service.all(FanOut)[node]!.size,
        interests: service.all(FanOut)[node]!.interests,
        subscribers: service.all(EventsService)[node]!.subscribers,
        streams: service.all(ConnectionDrainer)[node]!.size,
      };
    });
    return [...parts];
  }

  it('nothing remains except the ids of the users', async () => {
    const before = resources();
    for (let i = 0; i < 4; i++) await storm.run(12, 20);
    // Otherwise the storm was too small to find a leak.
    expect(storm.begun).toBeGreaterThan(20);
    await eventually(
      held,
      service.all(PresenceStore).map(() => NOTHING),
    );
    await eventually(() => moreThan(before), {});
    for (const store of service.all(PresenceStore)) {
      expect(store.status.metrics().users).toBeLessThanOrEqual(USERS.length);
    }
    for (const verifier of service.all(TokenVerifier)) {
      expect(verifier.remembered).toBeLessThanOrEqual(USERS.length);
    }
    for (const type of [SessionStream, Subscription, CallStream, GrpcCall]) {
      expect([type.name, countAlive(type)]).toEqual([type.name, 0]);
    }
  });

  it('nothing remains when the service stops while they are connected', async () => {
    const ann = await service.client('ann');
    await Promise.all([ann.connect(), ann.connect(), ann.subscribe().beginning()]);
    const raging = storm.run(12, 20);
    await service.stop();
    await raging;
    await eventually(
      () => held().map((part) => ({ ...part, online: 0, channels: 0, timers: 0, sessions: 0 })),
      service.all(PresenceStore).map(() => NOTHING),
    );
  });
});

/** Returns the resources that keep a process alive, counted by kind: sockets, timers, servers. */
function resources(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Returns the resources whose number has grown. */
function moreThan(before: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const grown = Object.entries(resources()).filter(([kind, count]) => count > (before[kind] ?? 0));
  return Object.fromEntries(grown);
}
