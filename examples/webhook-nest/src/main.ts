// Receiving webhooks with NestJS:  WEBHOOK_SECRET=whsec_... PORT=4000 npm start
// Verifies each request, handles each event once, and answers 204. Ends with Ctrl-C.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { PresenceWebhookModule } from './presence-webhook.module.js';

const { WEBHOOK_SECRET, PORT = '4000' } = process.env;
if (!WEBHOOK_SECRET) {
  console.error('Usage: WEBHOOK_SECRET=whsec_... PORT=4000 npm start');
  process.exit(2);
}

const app = await NestFactory.create<NestExpressApplication>(
  PresenceWebhookModule.forSecrets(WEBHOOK_SECRET),
  // The signature covers the bytes of the body, so Nest has to keep them.
  { rawBody: true, logger: ['error', 'warn'] },
);
app.useBodyParser('json', { type: 'application/cloudevents-batch+json', limit: '1mb' });
app.enableShutdownHooks();
await app.listen(PORT, '127.0.0.1');
console.log(`listening on ${await app.getUrl()}/webhooks/presence`);
