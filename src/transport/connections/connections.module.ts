import { Module } from '@nestjs/common';
import { LimitsModule } from '../../limits/limits.module.js';
import { Connections } from './connections.js';
import { TokenlessStreams } from './tokenless-streams.js';

/** Provides `Connections` and the limits of tokenless streams. */
@Module({
  imports: [LimitsModule],
  providers: [Connections, TokenlessStreams],
  exports: [Connections, TokenlessStreams],
})
export class ConnectionsModule {}
