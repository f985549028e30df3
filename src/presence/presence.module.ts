import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { CommandsModule } from '../commands/commands.module.js';
import { ConnectionsModule } from '../transport/connections/connections.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { StoreModule } from '../store/store.module.js';
import { PresenceController } from './presence.controller.js';
import { PresenceService } from './presence.service.js';
import { DeadlineSweeper } from './deadline-sweeper.js';

/** Presence: commands and queries for status, channel and mute state, and the processing of deadlines. */
@Module({
  imports: [
    AuditModule,
    AuthModule,
    CommandsModule,
    ConnectionsModule,
    LimitsModule,
    RevocationModule,
    StoreModule,
  ],
  controllers: [PresenceController],
  providers: [PresenceService, DeadlineSweeper],
})
export class PresenceModule {}
