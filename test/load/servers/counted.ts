// The service with USERS users in one channel, 1,000 of whom change their status every second.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { AppModule } from '../../../src/app.module.js';
import { readConfig } from '../../../src/config/config.js';
import { CommandExecutor } from '../../../src/commands/command-executor.js';
import { GrpcServerStrategy } from '../../../src/transport/grpc/grpc-server.js';
import { crowdUserId } from '../crowd-user-id.js';

const CHANNEL = 'stage';
const BURST = 10;
const INTERVAL_MS = 10;

const users = Number(process.env['USERS']);
const config = readConfig(process.env, { newSessionsPerSecond: 0 });
const app = await NestFactory.create(AppModule.forRoot(config), { logger: false });
app.connectMicroservice<MicroserviceOptions>({ strategy: app.get(GrpcServerStrategy) });
await app.init();
const commands = app.get(CommandExecutor);
const sessionOf = (i: number): string => `session-${i}-of-the-bench`;
for (let i = 0; i < users; i++) {
  const sessionId = sessionOf(i);
  await commands.execute(crowdUserId(i), {
    ...{ type: 'connect', sessionId, node: 'bench', platform: 'desktop' },
    ...{ isMicrophoneMuted: undefined, isSpeakerMuted: undefined },
    ...{ requireHeartbeats: false, tokenExpiresAt: undefined },
    ...{ previousSessionId: undefined, attributes: new Map(), remembered: undefined },
  });
  const join = { type: 'joinChannel', sessionId, channelId: CHANNEL, keepOthers: false } as const;
  await commands.execute(crowdUserId(i), join);
}
await app.startAllMicroservices();

let turn = 0;
const start = performance.now();
setInterval(() => {
  // A timer that fires late makes up for it.
  const wanted = Math.floor((performance.now() - start) / INTERVAL_MS) * BURST;
  while (turn < wanted) void change(turn++);
}, INTERVAL_MS);

/** Users leave one after the other, and come back in the next round, so that every change is one of the counts. */
function change(i: number): Promise<unknown> {
  const isAway = Math.floor(i / users) % 2 === 0;
  return commands.execute(crowdUserId(i % users), {
    type: 'setStatus',
    sessionId: sessionOf(i % users),
    choice: isAway ? 'AWAY' : 'AUTOMATIC',
    statusText: '',
    expiresAt: undefined,
  });
}
