// A small application that check-package.mjs compiles and starts with each version of Nest, on Express and on Fastify.
import 'reflect-metadata';
import { createHmac } from 'node:crypto';
import {
  Controller,
  Get,
  Injectable,
  Module,
  VERSION_NEUTRAL,
  type INestApplication,
} from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Reset } from '@presence-service/client';
import {
  OnPresence,
  OnPresenceReset,
  PresenceClient,
  PresenceClientModule,
  PresenceConsumer,
  PresencePositionStore,
  PresenceTokenService,
  PresenceWebhook,
  PresenceWebhookEvents,
  type PresenceEventOf,
  type PresenceWebhookEvent,
} from '@presence-service/nestjs';

const SECRET = 'a-secret-of-the-check-32-bytes-or-more';
const WEBHOOK_KEY = Buffer.from('the key of webhooks in the check');

@Injectable()
class Positions extends PresencePositionStore {
  load() {
    return undefined;
  }

  async save(_position: string) {}
}

@Injectable()
class LastSeen {
  constructor(readonly presence: PresenceClient<{ doc?: string }>) {}

  @OnPresence('userOffline')
  async store({ userId, presence }: PresenceEventOf<'userOffline'>) {
    console.log(userId, presence.status);
  }

  @OnPresenceReset()
  begin({ presences }: Reset<{ doc?: string }>) {
    console.log(presences.map(({ attributes }) => attributes.doc));
  }
}

@Controller({ version: VERSION_NEUTRAL })
class AppController {
  constructor(private readonly tokens: PresenceTokenService) {}

  @Get('token')
  token() {
    return { token: this.tokens.sign('ann', { join: ['lobby'], hours: 0.5 }) };
  }

  @PresenceWebhook('webhook')
  receive(@PresenceWebhookEvents() events: readonly PresenceWebhookEvent[]) {
    console.log(...events.map((event) => event.kind));
  }
}

@Module({
  imports: [
    PresenceClientModule.forRootAsync({
      isGlobal: true,
      useFactory: async () => ({
        url: 'http://127.0.0.1:1', // no service is there
        tokens: { secret: SECRET },
        webhook: { secret: `whsec_${WEBHOOK_KEY.toString('base64')}` },
      }),
    }),
  ],
  controllers: [AppController],
  providers: [LastSeen, { provide: PresencePositionStore, useClass: Positions }],
})
class AppModule {}

async function check(app: INestApplication): Promise<void> {
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const { token } = (await (await fetch(`${url}/token`)).json()) as { token: string };
  const timestamp = Math.floor(Date.now() / 1000);
  const body =
    '[{"id":"g","source":"s","type":"presence.v1.gap","data":{"to":"2026-11-30T12:00:00Z"}}]';
  const mac = createHmac('sha256', WEBHOOK_KEY).update(`b.${timestamp}.${body}`).digest('base64');
  const headers = {
    'content-type': 'application/cloudevents-batch+json',
    'webhook-id': 'b',
    'webhook-timestamp': `${timestamp}`,
    'webhook-signature': `v1,${mac}`,
  };
  const good = await fetch(`${url}/webhook`, { method: 'POST', headers, body });
  const bad = await fetch(`${url}/webhook`, { method: 'POST', headers, body: `${body} ` });
  const state = app.get(PresenceConsumer).state?.status;
  console.log(token.split('.').length, good.status, bad.status, state !== undefined);
  await app.close();
}

async function main(): Promise<void> {
  // The compiler of the repository, which has no Fastify, checks this file, too.
  const fastify = '@nestjs/platform-fastify';
  const { FastifyAdapter } = (await import(fastify)) as {
    FastifyAdapter: new () => AbstractHttpAdapter;
  };
  for (const adapter of [new ExpressAdapter(), new FastifyAdapter()]) {
    await check(await NestFactory.create(AppModule, adapter, { logger: ['fatal', 'error'] }));
  }
}

void main();
