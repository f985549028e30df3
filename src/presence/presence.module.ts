import { Module } from '@nestjs/common';
import { PresenceController } from './presence.controller.js';
import { PresenceService } from './presence.service.js';
import { DeadlineSweeper } from './deadline-sweeper.js';

/** Presence: status, channel and mute state, who is there, and what time does to it. */
@Module({
  controllers: [PresenceController],
  providers: [PresenceService, DeadlineSweeper],
})
export class PresenceModule {}
