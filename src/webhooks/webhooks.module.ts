import { Module } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { Config } from '../config/config.js';
import { EventLogModule } from '../event-log/event-log.module.js';
import { StoreModule } from '../store/store.module.js';
import { Receiver } from './receiver.js';
import { SigningKeyFile, SigningKeys } from './signing-keys.js';
import { WebhookCounters } from './webhook-counters.js';
import { WebhooksService } from './webhooks.service.js';

/** Delivers every event to the backend of the operator, if one is configured. */
@Module({
  imports: [EventLogModule, StoreModule],
  providers: [
    WebhooksService,
    WebhookCounters,
    {
      provide: SigningKeys,
      inject: [Config],
      useFactory: async ({
        webhook: { secrets = [], secretFile },
      }: Config): Promise<SigningKeys> =>
        secretFile === undefined ? { current: secrets } : SigningKeyFile.open(secretFile),
    },
    {
      provide: Receiver,
      inject: [Config, SigningKeys, Clock],
      useFactory: ({ webhook, fixed }: Config, keys: SigningKeys, clock: Clock) =>
        new Receiver({
          // Nothing is sent without a URL.
          url: webhook.url ?? '',
          keys: () => keys.current,
          timeoutMs: fixed.webhookTimeoutMs,
          wall: () => clock.wall(),
        }),
    },
  ],
  exports: [WebhooksService, WebhookCounters],
})
export class WebhooksModule {}
