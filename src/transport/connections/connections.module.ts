import { Global, Module } from '@nestjs/common';
import { Connections } from './connections.js';
import { TokenlessStreams } from './tokenless-streams.js';

/** The connections of gRPC, and what bounds them. */
@Global()
@Module({ providers: [Connections, TokenlessStreams], exports: [Connections, TokenlessStreams] })
export class ConnectionsModule {}
