import type { Session } from '@presence-service/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Build, type ServerProcess } from '../../test/support/built-server.js';
import { Cluster } from '../../test/support/cluster.js';
import { freePort } from '../../test/support/free-port.js';
import { Clients } from './support/clients.js';
import { shows, untilStatus } from './support/observed.js';
import { PROTOCOLS } from './support/protocols.js';

describe.each(PROTOCOLS)('The client over $name', (protocol) => {
  let build: Build;
  let clients: Clients;
  beforeAll(async () => void (build = await Build.make()));
  beforeEach(() => void (clients = new Clients(protocol)));
  afterEach(() => clients.close());
  afterAll(() => build.remove());

  describe('when its only server is killed and comes back', () => {
    let server: ServerProcess;
    let settings: Readonly<Record<string, string>>;
    beforeAll(async () => {
      settings = {
        GRPC_URL: `127.0.0.1:${await freePort()}`,
        HTTP_PORT: `${await freePort()}`,
      };
      server = await build.serve(settings);
    });
    afterAll(() => server.kill());

    const addresses = () => [protocol.addressOf(server)];

    async function restart(): Promise<void> {
      await server.kill();
      server = await build.serve(settings);
    }

    async function backOnline(session: Session): Promise<void> {
      await untilStatus(session.state, 'reconnecting');
      await untilStatus(session.state, 'online');
    }

    it('repeats all choices of the session', async () => {
      const session = clients.at(addresses(), 'ann').connect({ platform: 'desktop' });
      await session.joinChannel('lobby');
      await session.mute({ microphone: true });
      const until = new Date(Date.now() + 3_600_000);
      await session.setStatus('do-not-disturb', { text: 'focus', until });
      const back = backOnline(session);
      await restart();
      await back;
      expect(await clients.at(addresses(), 'bob').get('ann')).toMatchObject({
        status: 'do-not-disturb',
        statusText: 'focus',
        channelId: 'lobby',
        isMicrophoneMuted: true,
        isSpeakerMuted: false,
        platforms: ['desktop'],
      });
    });

    it('shows the last known state in a collection until the new state arrives', async () => {
      const ann = clients.at(addresses(), 'ann').connect();
      const bob = clients.at(addresses(), 'bob').connect();
      await Promise.all([ann.joinChannel('lobby'), bob.joinChannel('lobby')]);
      const lobby = clients.at(addresses(), 'watcher').watch({ channels: ['lobby'] });
      await lobby.ready;
      await server.kill();
      await untilStatus(lobby.state, 'stale');
      expect([...lobby.keys()].sort()).toEqual(['ann', 'bob']);
      bob.close();
      server = await build.serve(settings);
      await shows(lobby, () => lobby.has('ann') && !lobby.has('bob'));
      await untilStatus(lobby.state, 'live');
    });

    it('completes a query that was made during the outage', async () => {
      const bob = clients.at(addresses(), 'bob');
      expect(await bob.get('cat')).toMatchObject({ status: 'offline' });
      await server.kill();
      const answer = bob.get('cat');
      server = await build.serve(settings);
      expect(await answer).toMatchObject({ status: 'offline' });
    });

    it('fails a query in time with the reason', async () => {
      const bob = clients.at(addresses(), 'bob', { timeoutMs: 500 });
      await server.kill();
      await expect(bob.get('ann')).rejects.toMatchObject({ code: 'unavailable' });
    });
  });

  describe('with two servers, when one stops', () => {
    let cluster: Cluster;
    afterEach(() => cluster.stop());

    it('moves a session to the other without an event', async () => {
      cluster = await Cluster.start(build, 2, { DRAIN_TIMEOUT_MS: '4000' });
      const [leaving, staying] = cluster.nodes.map(protocol.addressOf);
      // As with a load balancer, the first connection reaches one node and every later connection the other node.
      const places = [leaving!];
      const transport = () => {
        const opened = protocol.open([places.shift() ?? staying!]);
        return opened.transports[0]!;
      };
      const session = clients.at([], 'ann', { transport }).connect();
      await session.joinChannel('lobby');
      const watcher = clients.at([staying!], 'watcher').watch({ channels: ['lobby'] });
      await watcher.ready;
      const changes: string[] = [];
      watcher.subscribe(({ reason, current }) => changes.push(`${reason} ${current?.status}`));
      const states: string[] = [];
      session.state.subscribe(({ status }) => states.push(status));
      const before = session.sessionId;

      cluster.nodes[0]!.signal('SIGTERM');
      expect(await cluster.nodes[0]!.exited).toEqual({ code: 0, signal: null });
      await session.mute({ speaker: true });
      await shows(watcher, () => watcher.get('ann')?.isSpeakerMuted);
      expect(session.sessionId).not.toBe(before);
      expect(states).toEqual(['online', 'online']);
      expect(watcher.get('ann')).toMatchObject({ status: 'online', channelId: 'lobby' });
      expect(changes.filter((change) => !change.endsWith('online'))).toEqual([]);
      expect(changes.filter((change) => change.startsWith('snapshot'))).toEqual([]);
    });
  });
});
