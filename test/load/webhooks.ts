import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SubscribeResponse } from '../../src/api/generated/presence/v1/events_service.pb.js';
import { freePort } from '../support/free-port.js';
import { RedisServer } from '../support/redis-server.js';
import { SECRET, tokenOf } from './grpc-clients.js';
import { median, percentile } from './median.js';
import { progress } from './progress.js';
import { RawConnection } from './raw-connection.js';
import { following } from './sessions.js';

/** A command for the node: to cause events for some seconds, and to deliver them all. */
export interface WebhookNodeOrder {
  readonly eventsPerSecond: number;
  readonly seconds: number;
}

export interface WebhookNodeResult {
  readonly events: number;
  /** The events that the receiver has accepted. */
  readonly delivered: number;
  /** How long the events took. A saturated machine accepts fewer events than it is offered. */
  readonly seconds: number;
  /** The processor time of the node, including the delivery of the last event. */
  readonly cpuSeconds: number;
}

export interface WebhooksLoad extends WebhookNodeOrder {
  /** The time that the receiver takes for each response, in milliseconds. */
  readonly responseMs: number;
  readonly subscribers: number;
  readonly rounds: number;
}

export interface WebhooksResult extends WebhooksLoad {
  readonly reachedEventsPerSecond: number;
  /** Processor time of the node for an event without webhooks, in microseconds. */
  readonly cpuMicrosPerEvent: number;
  /** The additional processor time of the node to deliver an event by webhook. */
  readonly cpuMicrosForWebhook: number;
  /** The part of its processor time that the node spends on webhooks. */
  readonly percentForWebhooks: number;
  /** The latency from commit to subscriber, in milliseconds. */
  readonly p99MsWithout: number;
  readonly p99MsWith: number;
  /** The median over the pairs of runs. */
  readonly p99Ratio: number;
}

interface Run extends WebhookNodeResult {
  readonly p99Ms: number;
}

/** Both nodes use the same Redis with different prefixes, and are measured in turns. */
export async function measureWebhooks(load: WebhooksLoad): Promise<WebhooksResult> {
  const redis = await RedisServer.start();
  const receiver = fork(scriptOf('slow-receiver'), {
    env: { ...process.env, RESPONSE_MS: String(load.responseMs) },
  });
  const nodes: MeasuredNode[] = [];
  try {
    const [port] = (await once(receiver, 'message')) as [number];
    const common = { REDIS_URL: redis.url };
    const webhooks = {
      WEBHOOK_URL: `http://127.0.0.1:${port}/`,
      WEBHOOK_SECRET: `whsec_${Buffer.from(SECRET.slice(0, 32)).toString('base64')}`,
    };
    nodes.push(await MeasuredNode.start({ ...common, REDIS_KEY_PREFIX: 'without:' }, load));
    nodes.push(
      await MeasuredNode.start({ ...common, REDIS_KEY_PREFIX: 'with:', ...webhooks }, load),
    );
    const runs: [Run, Run][] = [];
    // The first round is the warm-up.
    for (let round = 0; round <= load.rounds; round++) {
      progress(`webhooks: round ${round} of ${load.rounds}`);
      // Neither node is always measured after the other.
      const [first, second] = round % 2 === 0 ? nodes : nodes.toReversed();
      const pair = [await first!.run(load), await second!.run(load)];
      const [without, withWebhooks] = round % 2 === 0 ? pair : pair.reverse();
      if (round > 0) runs.push([without!, withWebhooks!]);
    }
    return resultOf(load, runs);
  } finally {
    for (const node of nodes) node.stop();
    receiver.kill('SIGKILL');
    await redis.stop();
  }
}

function resultOf(load: WebhooksLoad, runs: readonly [Run, Run][]): WebhooksResult {
  const of = (value: (without: Run, withWebhooks: Run) => number): number =>
    median(runs.map(([without, withWebhooks]) => value(without, withWebhooks)));
  const micros = ({ cpuSeconds, events }: Run): number => (cpuSeconds / events) * 1e6;
  return {
    ...load,
    reachedEventsPerSecond: of((_, { events, seconds }) => events / seconds),
    cpuMicrosPerEvent: of((without) => micros(without)),
    cpuMicrosForWebhook: of((without, withWebhooks) => micros(withWebhooks) - micros(without)),
    percentForWebhooks: of(
      (without, withWebhooks) => 100 * (1 - micros(without) / micros(withWebhooks)),
    ),
    p99MsWithout: of(({ p99Ms }) => p99Ms),
    p99MsWith: of((_, { p99Ms }) => p99Ms),
    p99Ratio: of((without, withWebhooks) => withWebhooks.p99Ms / without.p99Ms),
  };
}

/** A node, and subscribers to all its events. */
class MeasuredNode {
  private latencies: number[] = [];

  private constructor(
    private readonly child: ChildProcess,
    private readonly subscribers: RawConnection[],
    private readonly isDelivering: boolean,
  ) {}

  static async start(
    settings: Readonly<Record<string, string>>,
    { subscribers }: WebhooksLoad,
  ): Promise<MeasuredNode> {
    const port = await freePort();
    const child = fork(scriptOf('webhook-node'), {
      env: {
        ...process.env,
        ...{ GRPC_URL: `127.0.0.1:${port}`, HTTP_HOST: '127.0.0.1', HTTP_PORT: '0' },
        ...{ AUTH_JWT_SECRET: SECRET, MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '1000' },
        ...settings,
      },
    });
    await once(child, 'message');
    const node = new MeasuredNode(child, [], settings['WEBHOOK_URL'] !== undefined);
    for (let i = 0; i < subscribers; i++) await node.subscribe(port);
    return node;
  }

  async run({ eventsPerSecond, seconds }: WebhookNodeOrder): Promise<Run> {
    this.latencies = [];
    this.child.send({ eventsPerSecond, seconds } satisfies WebhookNodeOrder);
    const [result] = (await once(this.child, 'message')) as [WebhookNodeResult];
    if (this.isDelivering && result.delivered < result.events)
      throw new Error(`only ${result.delivered} of ${result.events} events were delivered`);
    return { ...result, p99Ms: percentile(this.latencies, 99) };
  }

  stop(): void {
    for (const subscriber of this.subscribers) subscriber.destroy();
    this.child.kill('SIGKILL');
  }

  private async subscribe(port: number): Promise<void> {
    const connection = new RawConnection(port, await tokenOf('watcher'));
    await connection.begin('EventsService/Subscribe', following([]), (message) => {
      const now = Date.now();
      for (const { occurredAt } of SubscribeResponse.decode(message).events)
        this.latencies.push(now - occurredAt!.seconds * 1000 - occurredAt!.nanos / 1e6);
    });
    this.subscribers.push(connection);
  }
}

function scriptOf(server: string): string {
  return fileURLToPath(new URL(`./servers/${server}.js`, import.meta.url));
}
