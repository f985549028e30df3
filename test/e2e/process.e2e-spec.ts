import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Build, type ServerProcess } from '../support/built-server.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { SECRET } from '../support/service.js';

/** Injects code into a server that runs at SIGUSR2. */
function atSigusr2(deed: string): Readonly<Record<string, string>> {
  const program = `process.on("SIGUSR2", () => { ${deed} })`;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(program)}` };
}

describe('The process', () => {
  let build: Build;
  let server: ServerProcess;
  beforeAll(async () => void (build = await Build.make()));
  afterEach(() => server.kill());
  afterAll(() => build.remove());

  describe('stops at an uncaught error', () => {
    it.each([
      ['an exception', 'throw new Error("boom")', 'uncaughtException'],
      ['a rejection', 'Promise.reject(new Error("boom"))', 'unhandledRejection'],
    ])('%s: tells clients, logs it once with its stack, exits with 2', async (_, deed, origin) => {
      server = await build.serve({ DRAIN_TIMEOUT_MS: '1000', ...atSigusr2(deed) });
      const { stream } = await (await server.client('ann')).connect();
      server.mayFail = true;
      server.signal('SIGUSR2');
      const { body } = await stream.until((message) => message.body?.$case === 'sessionDraining');
      expect(body?.$case).toBe('sessionDraining');
      expect(status[(await stream.ended).code]).toBe('UNAVAILABLE');
      expect(await server.exited).toEqual({ code: 2, signal: null });
      expect(server.output).toContain(`uncaught error (${origin}): Error: boom\n    at`);
      expect(server.output.match(/Error: boom/g)).toHaveLength(1);
    });

    it('logs the first of many errors and stops', async () => {
      const deed = 'setInterval(() => { throw new Error("boom") }, 1)';
      server = await build.serve({ DRAIN_TIMEOUT_MS: '300', ...atSigusr2(deed) });
      await (await server.client('ann')).connect();
      server.mayFail = true;
      server.signal('SIGUSR2');
      expect(await server.exited).toEqual({ code: 2, signal: null });
      expect(server.output.match(/Error: boom/g)).toHaveLength(1);
    });
  });

  describe('at a signal', () => {
    it('exits at once with 128 + the signal number when the signal is repeated', async () => {
      server = await build.serve({ DRAIN_TIMEOUT_MS: '60000' });
      const { stream } = await (await server.client('ann')).connect();
      server.signal('SIGTERM');
      await stream.until(({ body }) => body?.$case === 'sessionDraining');
      await sleep(600);
      server.signal('SIGINT');
      expect(await server.exited).toEqual({ code: 130, signal: null });
      expect(server.output).toContain('SIGINT received again; exiting immediately');
    });

    it('exits with 2 and logs it if the shutdown takes too long', async () => {
      const hang = `
        const url = "file://" + process.cwd() + "/node_modules/@nestjs/core/nest-application-context.js";
        import(url).then(({ NestApplicationContext }) => {
          NestApplicationContext.prototype.close = () => new Promise(() => {});
          console.log("hangs from now on");
        });`;
      server = await build.serve({ DRAIN_TIMEOUT_MS: '100', ...atSigusr2(hang) });
      server.signal('SIGUSR2');
      await server.says(/hangs from now on/);
      server.signal('SIGTERM');
      expect(await server.exited).toEqual({ code: 2, signal: null });
      expect(server.output).toContain('the shutdown did not finish within 3100 ms');
    });

    it('counts a signal that npm repeats as one', async () => {
      // The process sends both to itself, because a busy machine could deliver the second one late.
      const twice = 'process.emit("SIGINT"); process.emit("SIGINT")';
      server = await build.serve({ DRAIN_TIMEOUT_MS: '1000', ...atSigusr2(twice) });
      await (await server.client('ann')).connect();
      server.signal('SIGUSR2');
      expect(await server.exited).toEqual({ code: 0, signal: null });
    });

    it.each(['SIGTERM', 'SIGINT'] as const)(
      '%s exits with 0 while it waits for Redis',
      async (signal) => {
        const silent = createServer();
        await once(silent.listen(0, '127.0.0.1'), 'listening');
        const { port } = silent.address() as AddressInfo;
        server = build.run({ AUTH_JWT_SECRET: SECRET, REDIS_URL: `redis://127.0.0.1:${port}` });
        const [connection] = (await once(silent, 'connection')) as [Socket];
        server.signal(signal);
        expect(await server.exited).toEqual({ code: 0, signal: null });
        expect(server.output).not.toContain('Error');
        connection.destroy();
        silent.close();
      },
    );
  });

  describe('whose log output is closed', () => {
    it('shuts down, logs it where it still can, and exits with 2', async () => {
      server = await build.serve({
        DRAIN_TIMEOUT_MS: '1000',
        ...atSigusr2('process.stdout.write("a line\\n")'),
      });
      const { stream } = await (await server.client('ann')).connect();
      server.closeOutput();
      server.signal('SIGUSR2');
      expect(status[(await stream.ended).code]).toBe('UNAVAILABLE');
      expect(await server.exited).toEqual({ code: 2, signal: null });
      expect(server.output).toContain('the output of the log is closed');
    });

    it('has not served when that was so from the start, and leaves nothing behind', async () => {
      server = build.run({ AUTH_JWT_SECRET: SECRET });
      server.closeOutput();
      expect(await server.exited).toEqual({ code: 2, signal: null });
    });

    it('continues when the disk with the log is full', async () => {
      const onFullDisk = ['sh', '-c', 'exec "$@" >/dev/full', 'sh'];
      const port = await freePort();
      server = build.run(
        { AUTH_JWT_SECRET: SECRET, HTTP_PORT: `${port}` },
        { wrapper: onFullDisk },
      );
      const isReady = (): Promise<boolean> =>
        fetch(`http://127.0.0.1:${port}/health/ready`).then(
          ({ ok }) => ok,
          () => false,
        );
      await eventually(isReady, true);
      server.signal('SIGTERM');
      expect(await server.exited).toEqual({ code: 0, signal: null });
    });
  });

  it('starts with unknown and retired settings, and logs a warning about each', async () => {
    server = await build.serve({
      AUTH_ISSUER: 'us',
      LOG_LEVELS: 'a=b',
      REDIS_PORT: 'tcp://10.96.0.7:6379',
      MAX_SESSIONS: '7',
    });
    expect(server.output.match(/WARN.*/g)?.sort()).toEqual([
      'WARN [Settings] The setting MAX_SESSIONS has no effect. Its new name is MAX_SESSIONS_PER_NODE.',
      'WARN [Settings] Unknown setting AUTH_ISSUER. Did you mean AUTH_JWT_ISSUER?',
      'WARN [Settings] Unknown setting LOG_LEVELS. Did you mean LOG_LEVEL?',
    ]);
  });

  it('survives a lack of file descriptors, and accepts clients again after it', async () => {
    server = await build.serve();
    // Set after the start, because Node opens hundreds of files at once to load the program.
    execFileSync('prlimit', ['--pid', `${server.pid}`, '--nofile=64:64']);
    const { stream } = await (await server.client('ann')).connect();
    const port = Number(server.grpcAddress.split(':')[1]);
    const crowd = Array.from({ length: 100 }, () => connect(port, '127.0.0.1'));
    const closed = crowd.map((socket) =>
      once(
        socket.on('error', () => {}),
        'close',
      ),
    );
    // The process has no file descriptors left for them.
    await Promise.race(closed);
    for (const socket of crowd) socket.destroy();
    const bob = await server.client('bob');
    // The process resets more connections until it has closed those of the crowd.
    const isServed = (): Promise<boolean> =>
      bob.listOnlineUsers().then(
        () => true,
        () => false,
      );
    await eventually(isServed, true);
    await bob.connect();
    expect((await bob.listOnlineUsers()).totalSize).toBe(2);
    expect(stream.takeArrived()).toEqual([]);
  });
});
