import { Global, Module } from '@nestjs/common';
import { Connections } from './connections.js';

/** The connections of gRPC, and what bounds them. */
@Global()
@Module({ providers: [Connections], exports: [Connections] })
export class ConnectionsModule {}
