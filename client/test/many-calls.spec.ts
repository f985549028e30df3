import { getEventListeners } from 'node:events';
import { createPresenceClient, type PresenceClient } from '@presence-service/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeService, heartbeat } from './support/fake-service.js';
import { ManualTimers, settled } from './support/manual-timers.js';
import { tokenNumber } from './support/tokens.js';

const MANY = 1000;

describe('Many at once', () => {
  let timers: ManualTimers;
  let service: FakeService;
  let client: PresenceClient;
  let ofClient: AbortSignal;
  let ofCalls: AbortController;
  let warnings: string[];
  const warn = ({ name, message }: Error): void => void warnings.push(`${name}: ${message}`);
  beforeEach(() => {
    warnings = [];
    process.on('warning', warn);
    timers = new ManualTimers();
    service = new FakeService(() => timers.now());
    ofClient = new AbortController().signal;
    ofCalls = new AbortController();
    client = createPresenceClient({
      transport: service.transport,
      token: async () => tokenNumber(1),
      timers,
      random: () => 1,
      signal: ofClient,
    });
  });
  afterEach(() => {
    process.off('warning', warn);
    client.close();
  });

  function listeners(): number[] {
    return [ofClient, ofCalls.signal].map((signal) => getEventListeners(signal, 'abort').length);
  }

  async function manyTimes(make: () => unknown, many = MANY): Promise<void> {
    const made = Array.from({ length: many }, make);
    expect(listeners()).toEqual([1, 1]);
    await Promise.all(made);
    await settled();
  }

  it('calls cause no leak warning and leave no listener', async () => {
    const { signal } = ofCalls;
    await manyTimes(() => client.get('ann', { signal }));
    expect(service.heard).toHaveLength(MANY);
    expect(warnings).toEqual([]);
    expect(listeners()).toEqual([1, 0]);
    expect(timers.size).toBe(0);
  });

  it('commands of a session cause no leak warning and leave no listener', async () => {
    const session = client.connect();
    await manyTimes(() => session.recordActivity({ signal: ofCalls.signal }));
    expect(service.heard).toHaveLength(MANY);
    expect(warnings).toEqual([]);
    expect(listeners()).toEqual([1, 0]);
  });

  it('sessions and collections cause no leak warning and leave no listener when they are closed', async () => {
    const { signal } = ofCalls;
    await manyTimes(() => client.connect({ signal }).ready, 200);
    const collections = Array.from({ length: 200 }, () => client.watch({ signal }));
    await settled();
    expect(service.sessions).toHaveLength(200);
    ofCalls.abort();
    await settled();
    expect(collections.map(({ state }) => state.value.status)).not.toContain('live');
    expect(service.subscriptions.map(({ isOver }) => isOver)).not.toContain(false);
    expect(warnings).toEqual([]);
    expect(listeners()).toEqual([1, 0]);
    expect(timers.size).toBe(0);
  });

  it('retried calls cause no leak warning and leave no listener', async () => {
    const { unary } = service.transport;
    let isAway = true;
    service.transport.unary = (...call) =>
      isAway ? Promise.reject(new Error('out of reach')) : unary(...call);
    const { signal } = ofCalls;
    const calls = Promise.all(Array.from({ length: 20 }, () => client.get('ann', { signal })));
    await timers.pass(5000);
    isAway = false;
    await timers.pass(4000);
    await calls;
    expect(warnings).toEqual([]);
    expect(listeners()).toEqual([1, 0]);
  });

  it('messages of a stream add no listeners that the end of the stream must remove', async () => {
    let cleared = 0;
    const { clearTimeout } = timers;
    timers.clearTimeout = (handle) => {
      cleared++;
      clearTimeout.call(timers, handle);
    };
    const session = client.connect();
    await session.ready;
    for (let i = 0; i < MANY; i++) service.session.send(heartbeat);
    await settled();
    cleared = 0;
    session.close();
    await settled();
    expect(cleared).toBeLessThan(10);
  });
});
