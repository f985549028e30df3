import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { Build, type ServerProcess } from './built-server.js';
import type { Client } from './client.js';
import { eventually, PATIENCE_MS } from './eventually.js';
import { Http2Peer, type PeerOptions } from './http2-peer.js';
import { usageOf } from './process-usage.js';

/**
 * The limit for the memory that an attack by one connection may cost, including the noise of the
 * garbage collector.
 */
const MAX_MEGABYTES = 250;

/** A server under attack, in a separate process, and an honest client that keeps calling it. */
export class Victim {
  /** The cost of each attack, one line each. */
  readonly report: string[] = [];

  private constructor(
    private readonly build: Build,
    readonly server: ServerProcess,
    private readonly honest: Client,
  ) {}

  static async start({ callTimeoutMs = 5000 } = {}): Promise<Victim> {
    const build = await Build.make();
    const settings = {
      KEEPALIVE_TIME_MS: '1000',
      // The process of the test is busy with attacks, but must acknowledge pings for the honest
      // client within this time.
      KEEPALIVE_TIMEOUT_MS: '3000',
      // The tests attack the limits of a connection. The limits per user would reject the calls
      // first.
      MAX_CALLS_PER_SECOND_PER_USER_PER_NODE: '0',
      MAX_PRESENCES_PER_SECOND_PER_USER_PER_NODE: '0',
    };
    const server = await build.serve(settings, { fixed: { callTimeoutMs } });
    const honest = await server.client('ann');
    const { sessionId } = await honest.connect();
    await honest.updateStatus({ sessionId, choice: 3, statusText: 'ä'.repeat(128) });
    return new Victim(build, server, honest);
  }

  peer(options: PeerOptions = {}): Promise<Http2Peer> {
    return Http2Peer.to(this.server.grpcAddress, options);
  }

  /**
   * Lets a peer attack, and expects that neither the honest client nor the server is harmed. `next`
   * returns the bytes to send next. It is called until `isDone`, or until the server closes the
   * connection.
   */
  async withstands(
    name: string,
    peer: Http2Peer,
    next: (peer: Http2Peer, round: number) => Buffer,
    isDone: () => boolean = () => false,
  ): Promise<void> {
    await this.survives(name, async () => {
      const limit = AbortSignal.timeout(PATIENCE_MS);
      const isOver = (): boolean => peer.isClosed || isDone() || limit.aborted;
      limit.addEventListener('abort', () => peer.destroy());
      // Ends the wait for a send even if the server has stopped reading.
      const over = peer.until(isOver);
      for (let round = 0; !isOver(); round++) {
        await Promise.race([peer.send(next(peer, round)), over]);
        await turn();
      }
      expect(limit.aborted, 'the server did not react').toBe(false);
    });
  }

  /**
   * Expects that the honest client is served, and that the memory of the server stays stable, while
   * `goOn` runs.
   */
  async survives(name: string, goOn: () => Promise<void>): Promise<void> {
    const { server, honest } = this;
    const before = usageOf(server.pid);
    const begun = performance.now();
    let highest = before.rssBytes;
    let [answered, failed] = [0, 0];
    let isOver = false;
    const calls = (async () => {
      while (!isOver) {
        await honest.listSessions().then(
          () => answered++,
          () => failed++,
        );
        highest = Math.max(highest, usageOf(server.pid).rssBytes);
        await sleep(20);
      }
    })();
    await goOn().finally(async () => {
      isOver = true;
      await calls;
    });
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    const cpuSeconds = (usageOf(server.pid).cpuSeconds - before.cpuSeconds).toFixed(2);
    const megabytes = (highest - before.rssBytes) / 1e6;
    this.report.push(
      `${name}: ${seconds} s, ${cpuSeconds} s of CPU, ${megabytes.toFixed(0)} MB, ${answered} honest calls answered`,
    );
    expect(failed).toBe(0);
    expect(answered).toBeGreaterThan(0);
    expect(megabytes).toBeLessThan(MAX_MEGABYTES);
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.server.httpUrl}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`${name} `));
    return Number(line?.split(' ')[1]);
  }

  /** Waits until only the honest client has a connection. */
  async isAlone(): Promise<void> {
    await eventually(() => this.metric('presence_connections'), 1);
  }

  async stop(): Promise<void> {
    await this.server.kill();
    await this.build.remove();
    console.info(this.report.join('\n'));
  }
}
