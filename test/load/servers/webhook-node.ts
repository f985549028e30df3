// A node with Redis whose users change at a given rate. It delivers the events by webhook if WEBHOOK_URL is set.
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { AppModule } from '#server/app.module.js';
import { CommandExecutor } from '#server/commands/command-executor.js';
import { readConfig } from '#server/config/config.js';
import { PresenceStore } from '#server/store/presence-store.js';
import { GrpcServerStrategy } from '#server/transport/grpc/grpc-server.js';
import { WebhookCounters } from '#server/webhooks/webhook-counters.js';
import { WebhooksService } from '#server/webhooks/webhooks.service.js';
import { crowdUserId } from '../crowd-user-id.js';
import type { WebhookNodeOrder, WebhookNodeResult } from '../webhooks.js';

const USERS = 1000;
const INTERVAL_MS = 10;

/** Changes that have begun and not ended. More would only wait longer. */
const MAX_UNDER_WAY = 2000;

const config = readConfig(process.env, { newSessionsPerSecond: 0 });
const app = await NestFactory.create(AppModule.forRoot(config), { logger: false });
app.connectMicroservice<MicroserviceOptions>({ strategy: app.get(GrpcServerStrategy) });
await app.init();
const commands = app.get(CommandExecutor);
// The other sessions would be removed as those of a dead node.
const store = app.get(PresenceStore);
const { node } = store.status;
const isDelivering = config.webhook.url !== undefined;
const [webhooks, counters] = [app.get(WebhooksService), app.get(WebhookCounters)];
const sessionOf = (i: number): string => `session-${i}-of-the-bench`;
for (let i = 0; i < USERS; i++) {
  await commands.execute(crowdUserId(i), {
    ...{ type: 'connect', sessionId: sessionOf(i), node, platform: 'desktop' },
    ...{ isMicrophoneMuted: undefined, isSpeakerMuted: undefined },
    ...{ requireHeartbeats: false, tokenExpiresAt: undefined },
    ...{ previousSessionId: undefined, attributes: new Map(), remembered: undefined },
  });
}
await app.startAllMicroservices();

let turn = 0;
/** Events so far. After a change that has failed, the next one of its user may cause none. */
let committed = 0;
store.commits.subscribe(({ events }) => (committed += events.length));

/** Each change causes one event, if the one before has not failed. */
function change(i: number): Promise<unknown> {
  return commands.execute(crowdUserId(i % USERS), {
    ...{ type: 'setMute', sessionId: sessionOf(i % USERS), isSpeakerMuted: undefined },
    isMicrophoneMuted: Math.floor(i / USERS) % 2 === 0,
  });
}

async function run({ eventsPerSecond, seconds }: WebhookNodeOrder): Promise<WebhookNodeResult> {
  while (webhooks.lag.events > 0) await sleep(INTERVAL_MS);
  const cpu = process.cpuUsage();
  const start = performance.now();
  const deliveredBefore = counters.events;
  const committedBefore = committed;
  let [offered, underWay] = [0, 0];
  while (performance.now() < start + seconds * 1000) {
    // A timer that fires late makes up for it.
    const wanted = ((performance.now() - start) / 1000) * eventsPerSecond;
    for (; offered < wanted; offered++) {
      if (underWay >= MAX_UNDER_WAY) continue;
      underWay++;
      void change(turn++)
        .catch(() => undefined)
        .finally(() => underWay--);
    }
    await sleep(INTERVAL_MS);
  }
  while (underWay > 0) await sleep(INTERVAL_MS);
  const events = committed - committedBefore;
  const elapsed = (performance.now() - start) / 1000;
  // The lag is that of the partitions whose leases the node has, and a busy node can lose them for some seconds.
  while (isDelivering && counters.events < deliveredBefore + events) await sleep(INTERVAL_MS);
  const { user, system } = process.cpuUsage(cpu);
  const delivered = counters.events - deliveredBefore;
  return { events, delivered, seconds: elapsed, cpuSeconds: (user + system) / 1e6 };
}

process.on(
  'message',
  (order: WebhookNodeOrder) => void run(order).then((one) => process.send!(one)),
);
process.send!('started');
