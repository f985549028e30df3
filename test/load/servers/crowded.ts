// The service with USERS connected users, each in a channel of ten users.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { AppModule } from '../../../src/app.module.js';
import { readConfig } from '../../../src/config/config.js';
import { CommandExecutor } from '../../../src/commands/command-executor.js';
import { GrpcServerStrategy } from '../../../src/transport/grpc/grpc-server.js';
import { crowdUserId } from '../crowd-user-id.js';

const config = readConfig(process.env, { newSessionsPerSecond: 0 });
const app = await NestFactory.create(AppModule.forRoot(config), { logger: false });
app.connectMicroservice<MicroserviceOptions>({ strategy: app.get(GrpcServerStrategy) });
await app.init();
const commands = app.get(CommandExecutor);
for (let i = 0; i < Number(process.env['USERS']); i++) {
  const sessionId = `session-${i}-of-the-bench`;
  await commands.execute(crowdUserId(i), {
    ...{ type: 'connect', sessionId, node: 'bench', platform: 'desktop' },
    ...{ isMicrophoneMuted: undefined, isSpeakerMuted: undefined },
    ...{ requireHeartbeats: false, tokenExpiresAt: undefined },
    ...{ previousSessionId: undefined, attributes: new Map(), remembered: undefined },
  });
  const channelId = `channel-${Math.floor(i / 10)}`;
  const keepOthers = false;
  await commands.execute(crowdUserId(i), { type: 'joinChannel', sessionId, channelId, keepOthers });
}
await app.startAllMicroservices();
