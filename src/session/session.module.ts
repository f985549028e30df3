import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { CommandsModule } from '../commands/commands.module.js';
import { ConnectionsModule } from '../transport/connections/connections.module.js';
import { LifecycleModule } from '../lifecycle/lifecycle.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { StoreModule } from '../store/store.module.js';
import { SessionController } from './session.controller.js';
import { SessionService } from './session.service.js';
import { SessionRegistry } from './session-registry.js';

/** Sessions: the `Connect` streams, and the calls on sessions. */
@Module({
  imports: [
    AuditModule,
    AuthModule,
    CommandsModule,
    ConnectionsModule,
    LifecycleModule,
    LimitsModule,
    RevocationModule,
    StoreModule,
  ],
  controllers: [SessionController],
  providers: [SessionService, SessionRegistry],
})
export class SessionModule {}
