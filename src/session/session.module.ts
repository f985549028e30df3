import { Module } from '@nestjs/common';
import { SessionController } from './session.controller.js';
import { SessionService } from './session.service.js';
import { SessionRegistry } from './session-registry.js';

/** Sessions: the `Connect` streams, and the calls on sessions. */
@Module({
  controllers: [SessionController],
  providers: [SessionService, SessionRegistry],
})
export class SessionModule {}
