import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { Build, type ServerProcess } from './built-server.js';
import type { Client } from './client.js';
import { eventually } from './eventually.js';
import { Http2Peer, type PeerOptions } from './http2-peer.js';
import { usageOf } from './process-usage.js';

/** What no attack by one connection may cost in memory, the noise of the collector included. */
const MAX_MEGABYTES = 250;

/** A server that is attacked, in a process of its own, with an honest client that goes on calling. */
export class Victim {
  /** What each attack cost, in a line. */
  readonly report: string[] = [];

  private constructor(
    private readonly build: Build,
    readonly server: ServerProcess,
    private readonly honest: Client,
  ) {}

  static async start(): Promise<Victim> {
    const build = await Build.make();
    const server = await build.serve({
      KEEPALIVE_TIME_MS: '1000',
      // The process of the test, busy with attacks, must answer within it on behalf of the honest client.
      KEEPALIVE_TIMEOUT_MS: '3000',
      CALL_TIMEOUT_MS: '5000',
      // What a connection may do is put to the test, and that would come to nothing where its user may not call.
      MAX_CALLS_PER_SECOND_PER_USER: '0',
      MAX_PRESENCES_PER_SECOND_PER_USER: '0',
    });
    const honest = await server.client('ann');
    const { sessionId } = await honest.connect();
    await honest.updateStatus({ sessionId, choice: 3, statusText: 'ä'.repeat(128) });
    return new Victim(build, server, honest);
  }

  peer(options: PeerOptions = {}): Promise<Http2Peer> {
    return Http2Peer.to(this.server.grpcAddress, options);
  }

  /**
   * Lets a peer attack, and expects that it harms nobody. `next` is what it sends next, again and again until the server
   * closes the connection or `forMs` are over.
   */
  async bears(
    name: string,
    peer: Http2Peer,
    next: (peer: Http2Peer, round: number) => Buffer,
    forMs = 10_000,
  ): Promise<void> {
    await this.survives(name, async () => {
      const end = performance.now() + forMs;
      for (let round = 0; performance.now() < end && !peer.isClosed; round++) {
        // A server that has stopped reading is waited for no longer than that.
        const over = sleep(end - performance.now(), undefined, { ref: false });
        await Promise.race([peer.send(next(peer, round)), peer.closed, over]);
        await turn();
      }
    });
  }

  /** Expects that the honest client is served and the memory of the server stays what it is while something goes on. */
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
  async isAlone(withinMs = 5000): Promise<void> {
    await eventually(() => this.metric('presence_connections'), 1, withinMs);
  }

  async stop(): Promise<void> {
    await this.server.kill();
    await this.build.remove();
    console.info(this.report.join('\n'));
  }
}
