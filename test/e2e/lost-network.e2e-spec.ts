import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Build, type ServerProcess } from '../support/built-server.js';
import { ClientProcess } from '../support/client-process.js';
import { FarNetwork } from '../support/far-network.js';
import { inWords } from '../support/in-words.js';
import { tokenOf } from '../support/service.js';

describe('A client in another network', () => {
  let build: Build;
  let server: ServerProcess;
  let network: FarNetwork;
  let client: ClientProcess | undefined;
  beforeAll(async () => {
    build = await Build.make();
    network = new FarNetwork();
    // All other settings have their defaults.
    server = await build.serve({ GRPC_URL: '0.0.0.0:0' });
  });
  afterEach(() => client?.signal('SIGKILL'));
  afterAll(async () => {
    await server.kill();
    network.remove();
    await build.remove();
  });

  it('is OFFLINE within ten seconds after its cable was pulled out', async () => {
    const port = server.grpcAddress.split(':')[1];
    const watcher = (await server.client('watcher')).subscribe({ userIds: ['far'] });
    await watcher.beginning();
    const address = `${network.nearAddress}:${port}`;
    client = await ClientProcess.start(address, await tokenOf('far'), network.prefix);
    expect(inWords(await watcher.nextEvent())).toBe('userOnline CONNECTED');

    network.pullOut();
    const pulledOutAt = performance.now();
    expect(inWords(await watcher.nextEvent())).toBe('userOffline CONNECTION_LOST');
    const seconds = (performance.now() - pulledOutAt) / 1000;
    console.info(`OFFLINE ${seconds.toFixed(2)} s after the cable was pulled out`);
    // The loss was detected by the missing pings, and not by a closed connection.
    expect(seconds).toBeGreaterThan(4);
  });
});
