import { Module } from '@nestjs/common';
import { PresenceController } from './presence.controller.js';
import { PresenceService } from './presence.service.js';
import { DeadlineSweeper } from './deadline-sweeper.js';

/** Presence: commands and queries for status, channel and mute state, and the processing of deadlines. */
@Module({
  controllers: [PresenceController],
  providers: [PresenceService, DeadlineSweeper],
})
export class PresenceModule {}
