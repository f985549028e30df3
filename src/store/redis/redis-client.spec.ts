import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Authority } from '../../../test/support/certificates.js';
import { PATIENCE_MS } from '../../../test/support/eventually.js';
import { freePort } from '../../../test/support/free-port.js';
import { RedisCluster } from '../../../test/support/redis-cluster.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { TlsFolder } from '../../../test/support/tls-folder.js';
import { redisUrl } from '../../config/redis-url.js';
import { diagnose } from './diagnosis.js';
import { RedisClient } from './redis-client.js';
import { scripts } from './script.js';

describe('The way to Redis', () => {
  let server: RedisServer;
  beforeAll(async () => void (server = await RedisServer.start()));
  afterAll(() => server.stop());

  it('is ready only when messages can be listened to as well as commands given', async () => {
    const gate = await Gate.before(server.port);
    const port = RedisClient.open(redisUrl.read(`redis://127.0.0.1:${gate.port}`)!, () => {});
    await gate.secondHasCome;
    gate.letInFirst();
    await expect(port.ready(500)).rejects.toThrow();
    gate.letInAll();
    await port.ready(PATIENCE_MS);
    await expect(port.subscribe(['channel'], () => {})).resolves.toBeUndefined();
    port.close();
    gate.close();
  });

  it('writes the scripts of one slice of the event loop at once', async () => {
    const port = RedisClient.open(redisUrl.read(server.url)!, () => {});
    await port.ready(PATIENCE_MS);
    const run = (): Promise<unknown> => port.run(scripts.time, ['beats'], []);
    await run();
    const reads = async (): Promise<number> =>
      Number((await port.info('stats'))[0]!.get('total_reads_processed'));
    const before = await reads();
    await Promise.all(Array.from({ length: 16 }, run));
    // One read of the scripts, and one of the command that asks for the number. Redis could divide a read.
    expect((await reads()) - before).toBeLessThanOrEqual(4);
    port.close();
  });

  it('can be closed at any moment of a handshake with a server that it does not trust', async () => {
    const authority = await Authority.make('authority of nobody');
    const folder = await TlsFolder.with(await authority.server());
    const port = await freePort();
    const redis = await RedisServer.speakingTls(port, folder.files);
    const address = redisUrl.read(`rediss://localhost:${port}`)!;
    const uncaught: unknown[] = [];
    const note = (error: unknown): unknown => uncaught.push(error);
    process.on('uncaughtException', note);
    // A handshake takes a few milliseconds.
    for (let i = 0; i < 100; i++) {
      const way = RedisClient.open(address, () => {});
      await sleep(i / 10);
      way.close();
    }
    await redis.stop();
    await folder.remove();
    process.off('uncaughtException', note);
    expect(uncaught).toEqual([]);
  });
});

describe('A start that Redis rejects', () => {
  const secured = { username: 'default', password: 'right' };
  const started: { stop: () => Promise<void> }[] = [];
  afterEach(() => Promise.all(started.splice(0).map((one) => one.stop())));

  async function start<T extends { stop: () => Promise<void> }>(starting: Promise<T>): Promise<T> {
    const one = await starting;
    started.push(one);
    return one;
  }

  /**
   * Returns the diagnosis of a rejected connection. The client may wait longer than a test may run, so it must fail at
   * once.
   */
  async function refusalOf(url: string): Promise<string | undefined> {
    const port = RedisClient.open(redisUrl.read(url)!, () => {});
    try {
      await port.ready(600_000);
      return undefined;
    } catch (error) {
      return diagnose(error)?.sentence;
    } finally {
      port.close();
    }
  }

  it.each(['', 'redis-sentinel'])('ends at once for a wrong password or none %s', async (form) => {
    const redis = await start(RedisServer.start(['--requirepass', 'right'], secured));
    const sentinel =
      form === '' ? undefined : await start(RedisServer.sentinelOf(redis, 'primary', 1));
    const urlWith = (user: string): string =>
      sentinel === undefined
        ? `redis://${user}127.0.0.1:${redis.port}`
        : `redis-sentinel://${user}127.0.0.1:${sentinel.port}#primary`;
    expect(await refusalOf(urlWith(':wrong@'))).toMatch(/rejects .* password.*WRONGPASS/);
    expect(await refusalOf(urlWith(''))).toMatch(/requires a password.*NOAUTH/);
    expect(await refusalOf(urlWith(':right@'))).toBeUndefined();
  });

  it('ends at once for a wrong password or none of a cluster', async () => {
    const cluster = await start(RedisCluster.start());
    await cluster.each((redis) => redis.config('SET', 'requirepass', 'right'));
    const urlWith = (user: string): string => cluster.url.replaceAll('//', `//${user}`);
    expect(await refusalOf(urlWith(':wrong@'))).toMatch(/rejects .* password.*WRONGPASS/);
    expect(await refusalOf(urlWith(''))).toMatch(/requires a password.*NOAUTH/);
    expect(await refusalOf(urlWith(':right@'))).toBeUndefined();
  });

  it('ends at once for a certificate that it does not trust', async () => {
    const authority = await Authority.make('authority of nobody');
    const folder = await TlsFolder.with(await authority.server());
    const port = await freePort();
    await start(RedisServer.speakingTls(port, folder.files));
    for (const url of [
      `rediss://localhost:${port}`,
      `rediss://localhost:${port},rediss://127.0.0.1:${port}`,
      `rediss-sentinel://localhost:${port}#primary`,
    ]) {
      expect(await refusalOf(url)).toMatch(/certificate of Redis does not pass verification/);
    }
    await folder.remove();
  });
});

/** A proxy that accepts connections, and forwards them to the server only on request. */
class Gate {
  readonly secondHasCome: Promise<void>;
  private readonly waiting: Socket[] = [];
  private isOpen = false;

  private constructor(
    private readonly server: Server,
    private readonly behind: number,
  ) {
    this.secondHasCome = new Promise((resolve) => {
      server.on('connection', (near) => {
        near.on('error', () => {});
        if (this.isOpen) this.join(near);
        else if (this.waiting.push(near) === 2) resolve();
      });
    });
  }

  static async before(port: number): Promise<Gate> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Gate(server, port);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  letInFirst(): void {
    this.join(this.waiting.shift()!);
  }

  letInAll(): void {
    this.isOpen = true;
    for (const near of this.waiting.splice(0)) this.join(near);
  }

  close(): void {
    this.server.close();
  }

  private join(near: Socket): void {
    const far = connect(this.behind, '127.0.0.1');
    far.on('error', () => {});
    near.pipe(far).pipe(near);
  }
}
