import { Global, Module } from '@nestjs/common';
import { Connections } from './connections.js';
import { TokenlessStreams } from './tokenless-streams.js';

/** Provides `Connections` and the limits of tokenless streams. */
@Global()
@Module({ providers: [Connections, TokenlessStreams], exports: [Connections, TokenlessStreams] })
export class ConnectionsModule {}
