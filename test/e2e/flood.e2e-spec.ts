import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Build, type ServerProcess } from '../support/built-server.js';
import { RawCall } from '../support/raw-call.js';
import { tokenOf } from '../support/service.js';

const METHODS = [
  'SessionService/ListSessions',
  'SessionService/Connect',
  'EventsService/Subscribe',
];
const CONNECTIONS = 20;
const CALLS = 900;

describe('A client that calls without end and does not wait', () => {
  let build: Build;
  let server: ServerProcess;
  beforeAll(async () => void (build = await Build.make()));
  afterEach(() => server.kill());
  afterAll(() => build.remove());

  /**
   * Makes calls of every kind concurrently on a connection, and cancels some of them, until the
   * connection is closed.
   */
  async function flood(token: string): Promise<void> {
    const { session } = RawCall.to(server.grpcAddress, METHODS[0]!, token);
    const closed = new Promise((resolve) => session.once('close', resolve));
    for (let i = 0; i < CALLS && !session.closed; i++) {
      const { stream } = RawCall.to(server.grpcAddress, METHODS[i % 3]!, token, session);
      if (i % 7 === 0) stream.close();
    }
    await closed;
  }

  it('loses every connection that it tries it on, and the server serves others', async () => {
    server = await build.serve({}, { fixed: { rejectedCallsPerSecond: 5 } });
    const ann = await server.client('ann');
    const { sessionId } = await ann.connect();
    const token = await tokenOf('mallory');
    for (let i = 0; i < CONNECTIONS; i += 4) {
      await Promise.all(Array.from({ length: 4 }, () => flood(token)));
      await ann.heartbeat({ sessionId });
    }
    const metrics = await (await fetch(`${server.httpUrl}/metrics`)).text();
    expect(metrics).toContain(
      `presence_connections_closed_total{reason="rejected_calls"} ${CONNECTIONS}\n`,
    );
    expect((await ann.listOnlineUsers()).presences.map(({ userId }) => userId)).toContain('ann');
  });
});
