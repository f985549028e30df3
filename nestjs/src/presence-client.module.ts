import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ConfigurableModuleClass } from './module-options.js';
import { PresenceClient } from './presence-client.js';
import { PresenceConsumer } from './presence-consumer.js';
import { PresenceHandlers } from './presence-handlers.js';
import { PresenceTokenService } from './presence-token.service.js';
import { PresenceWebhooks } from './presence-webhooks.js';

/** Connects a Nest application with the presence service: `forRoot` or `forRootAsync`, once in an application. */
@Module({
  imports: [DiscoveryModule],
  providers: [
    PresenceClient,
    PresenceConsumer,
    PresenceHandlers,
    PresenceTokenService,
    PresenceWebhooks,
  ],
  exports: [PresenceClient, PresenceConsumer, PresenceTokenService, PresenceWebhooks],
})
export class PresenceClientModule extends ConfigurableModuleClass {}
