import { Module } from '@nestjs/common';
import { StoreModule } from '../store/store.module.js';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './health.controller.js';
import { ServingStatus } from './serving-status.js';

@Module({
  imports: [StoreModule, TerminusModule.forRoot({ errorLogStyle: 'pretty' })],
  controllers: [HealthController],
  providers: [ServingStatus],
  exports: [ServingStatus],
})
export class HealthModule {}
