import { Module, type DynamicModule } from '@nestjs/common';
import { EventInbox } from './event-inbox.js';
import { PresenceService } from './presence.service.js';
import { PresenceWebhookController } from './presence-webhook.controller.js';
import { WebhookSecrets } from './webhook-secrets.js';

@Module({})
export class PresenceWebhookModule {
  /** `secrets` are separated by spaces. During a change of the secret, the old and the new one are valid. */
  static forSecrets(secrets: string): DynamicModule {
    return {
      module: PresenceWebhookModule,
      controllers: [PresenceWebhookController],
      providers: [
        EventInbox,
        PresenceService,
        { provide: WebhookSecrets, useValue: new WebhookSecrets(secrets) },
      ],
    };
  }
}
