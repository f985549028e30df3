import { Module } from '@nestjs/common';
import { SessionController } from './session.controller.js';
import { SessionService } from './session.service.js';
import { SessionRegistry } from './session-registry.js';

/** Sessions: who is connected, with what, and for how long. */
@Module({
  controllers: [SessionController],
  providers: [SessionService, SessionRegistry],
})
export class SessionModule {}
