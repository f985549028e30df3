import { Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { Config } from '../config/config.js';
import { ConnectionsModule } from '../transport/connections/connections.module.js';
import { ConnectRpcMiddleware } from '../transport/http/connect-rpc.middleware.js';
import { GrpcModule } from './grpc.module.js';

/** Serves the methods of `presence.v1` over HTTP/1.1 as well, for browsers, if `HTTP_API` is on. */
@Module({ imports: [ConnectionsModule, GrpcModule] })
export class ConnectRpcModule implements NestModule {
  constructor(private readonly config: Config) {}

  configure(consumer: MiddlewareConsumer): void {
    if (this.config.http.api) consumer.apply(ConnectRpcMiddleware).forRoutes('{*path}');
  }
}
