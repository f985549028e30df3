// The usual way to broadcast with Nest: a Subject, and an Observable of it for each subscriber.
import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GrpcMethod, Transport, type MicroserviceOptions } from '@nestjs/microservices';
import { concat, NEVER, of, Subject, type Observable } from 'rxjs';

const events = new Subject<object>();
const USER_ID = 'user-1';

@Controller()
class PlainController {
  @GrpcMethod('SessionService', 'Connect')
  connect(): Observable<object> {
    return concat(
      of({ sessionStarted: { session: { sessionId: 'a session of the benchmark' } } }),
      NEVER,
    );
  }

  @GrpcMethod('PresenceService', 'UpdateMuteState')
  updateMuteState({ isMicrophoneMuted }: { readonly isMicrophoneMuted: boolean }): object {
    const now = { seconds: Math.floor(Date.now() / 1000), nanos: (Date.now() % 1000) * 1e6 };
    const presence = {
      userId: USER_ID,
      status: 1,
      isMicrophoneMuted,
      connectedAt: now,
      lastActiveAt: now,
      version: Date.now() * 1000,
      platforms: ['bench'],
    };
    const userMuteStateChanged = { wasMicrophoneMuted: !isMicrophoneMuted };
    events.next({ events: [{ presence, occurredAt: now, reason: 1, userMuteStateChanged }] });
    return { presence };
  }

  @GrpcMethod('EventsService', 'Subscribe')
  subscribe(): Observable<object> {
    return concat(of({ sync: 1 }), events);
  }
}

@Module({ controllers: [PlainController] })
class PlainModule {}

const app = await NestFactory.createMicroservice<MicroserviceOptions>(PlainModule, {
  logger: false,
  transport: Transport.GRPC,
  options: {
    url: process.env['GRPC_URL']!,
    package: 'presence.v1',
    protoPath: ['session', 'presence', 'events'].map((name) => `presence/v1/${name}_service.proto`),
    loader: { includeDirs: [fileURLToPath(new URL('../../../../proto', import.meta.url))] },
  },
});
await app.listen();
