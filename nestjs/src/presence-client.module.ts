import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ConfigurableModuleClass } from './module-options.js';
import { PresenceClient } from './presence-client.js';
import { PresenceConsumer } from './presence-consumer.js';
import { PresenceHandlers } from './presence-handlers.js';
import { PresenceTokenService } from './presence-token.service.js';

/** Connects a Nest application with the presence service: `forRoot` or `forRootAsync`, once in an application. */
@Module({
  imports: [DiscoveryModule],
  providers: [PresenceClient, PresenceConsumer, PresenceHandlers, PresenceTokenService],
  exports: [PresenceClient, PresenceConsumer, PresenceTokenService],
})
export class PresenceClientModule extends ConfigurableModuleClass {}
