import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { CommandsModule } from '../commands/commands.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { ConnectionsModule } from '../transport/connections/connections.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { ModerationController } from './moderation.controller.js';
import { ModerationService } from './moderation.service.js';

/** Moderation: moderators mute, move and remove the users of their channels. */
@Module({
  imports: [
    AuditModule,
    AuthModule,
    CommandsModule,
    ConnectionsModule,
    LimitsModule,
    RevocationModule,
  ],
  controllers: [ModerationController],
  providers: [ModerationService],
})
export class ModerationModule {}
