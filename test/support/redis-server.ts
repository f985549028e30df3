import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { TlsFiles } from '../../src/config/config.js';
import { freePort } from './free-port.js';
import { usageOf } from './process-usage.js';

/** The program under test: `redis-server`, or another one that speaks its protocol, such as `valkey-server`. */
export const REDIS_PROGRAM = process.env.PRESENCE_TEST_REDIS ?? 'redis-server';

/** The log of a server, in its folder. */
const LOG = 'redis.log';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** An empty Redis on a free port, for one test. */
export class RedisServer {
  private constructor(
    private child: ChildProcess,
    readonly port: number,
    private readonly folder: string,
    private readonly args: readonly string[],
    private readonly credentials?: Credentials,
  ) {}

  /** `credentials` are for a server whose settings require them. */
  static async start(
    args: readonly string[] = [],
    credentials?: Credentials,
  ): Promise<RedisServer> {
    const folder = mkdtempSync(join(tmpdir(), 'presence-redis-'));
    const port = await freePort();
    const all = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...args];
    all.push('--logfile', LOG);
    if (!all.includes('--save')) all.push('--save', '');
    const server = new RedisServer(run(all), port, folder, all, credentials);
    await server.answers();
    return server;
  }

  /** Starts a server that also accepts TLS, on another port, without client certificates. */
  static async speakingTls(
    tlsPort: number,
    { certFile, keyFile }: Pick<TlsFiles, 'certFile' | 'keyFile'>,
  ): Promise<RedisServer> {
    return RedisServer.start([
      ...['--tls-port', `${tlsPort}`, '--tls-auth-clients', 'no'],
      ...['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-ca-cert-file', certFile],
    ]);
  }

  /**
   * Starts a Sentinel that monitors a master and its replicas, and promotes a replica when the
   * master has been unreachable for half a second.
   */
  static async sentinelOf(master: RedisServer, name: string, quorum: number): Promise<RedisServer> {
    const folder = mkdtempSync(join(tmpdir(), 'presence-sentinel-'));
    const port = await freePort();
    const file = join(folder, 'sentinel.conf');
    // Sentinel saves its state in this file and does not start without it.
    writeFileSync(
      file,
      [
        `port ${port}`,
        'bind 127.0.0.1',
        `dir ${folder}`,
        `logfile ${LOG}`,
        `sentinel monitor ${name} 127.0.0.1 ${master.port} ${quorum}`,
        `sentinel down-after-milliseconds ${name} 500`,
        `sentinel failover-timeout ${name} 3000`,
      ].join('\n'),
    );
    const args = [file, '--sentinel'];
    const server = new RedisServer(run(args), port, folder, args);
    await server.answers();
    return server;
  }

  get url(): string {
    const { username = '', password = '' } = this.credentials ?? {};
    const user = username === '' ? '' : `${username}:${encodeURIComponent(password)}@`;
    return `redis://${user}127.0.0.1:${this.port}`;
  }

  /** Processor time of the server so far, in seconds. */
  cpuSeconds(): number {
    return usageOf(this.child.pid!).cpuSeconds;
  }

  /** Runs a function with a separate connection. */
  async with<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.port, '127.0.0.1', {
      ...this.credentials,
      retryStrategy: () => 50,
    });
    redis.on('error', () => {});
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  }

  /**
   * Saves the values of some keys. The returned function restores them, which simulates a replica
   * that lags behind.
   */
  async remember(pattern: string): Promise<() => Promise<void>> {
    const dump = await this.with(async (redis) => {
      const keys = await redis.keys(pattern);
      return Promise.all(keys.map(async (key) => [key, await redis.dumpBuffer(key)] as const));
    });
    return () =>
      this.with(async (redis) => {
        const all = redis.multi();
        for (const [key, bytes] of dump) all.restore(key, 0, bytes, 'REPLACE');
        await all.exec();
      });
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Kills the server without warning. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGCONT');
    this.child.kill('SIGKILL');
    await ended;
  }

  /** Restarts the server on the same port, with the data in its folder. */
  async restart(): Promise<void> {
    this.child = run(this.args);
    await this.answers();
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The end of what the server has logged. */
  private lastLines(): string {
    return readFileSync(join(this.folder, LOG), 'utf8').split('\n').slice(-10).join('\n');
  }

  private async answers(): Promise<void> {
    await this.with(async (redis) => {
      for (let attempt = 0; attempt < 100; attempt++) {
        // A port or a lock of a killed server may be free only a moment later.
        if (this.child.exitCode !== null) this.child = run(this.args);
        const pong = await redis.ping().catch(() => undefined);
        if (pong === 'PONG') return;
        await sleep(25);
      }
      throw new Error(`${REDIS_PROGRAM} does not answer:\n${this.lastLines()}`);
    });
  }
}

function run(args: readonly string[]): ChildProcess {
  const child = spawn(REDIS_PROGRAM, args, { stdio: 'ignore' });
  child.once('error', () => {
    throw new Error(`These tests need ${REDIS_PROGRAM}: apt-get install ${REDIS_PROGRAM}`);
  });
  return child;
}
