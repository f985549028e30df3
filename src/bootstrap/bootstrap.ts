import 'reflect-metadata';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Logger, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from '../app.module.js';
import { ConfigError } from '../config/config-error.js';
import { readConfig, type Config } from '../config/config.js';
import type { FixedLimits } from '../config/fixed-limits.js';
import { loadEnvFile } from '../config/env-file.js';
import { CannotListen } from '../transport/connections/cannot-listen.js';
import { GrpcServerStrategy } from '../transport/grpc/grpc-server.js';
import { PinoLoggerService } from '../logging/pino-logger.service.js';
import { ExitCode, ProcessShutdown } from './process-shutdown.js';
import { logGrpcMessages, logSubscriberErrors } from './library-logs.js';

/**
 * The time in milliseconds that closing needs in addition to the drain timeout of calls: closing ports, and
 * disconnecting from Redis.
 */
const CLOSE_TIMEOUT_MS = 3000;

/**
 * Starts the server with settings from the environment or `.env`. Returns the exit code for a process that ends by
 * itself; signals and uncaught errors end it through `ProcessShutdown`. Tests replace limits with `fixed`.
 */
export async function serve(
  environment: NodeJS.ProcessEnv,
  fixed: Partial<FixedLimits> = {},
): Promise<number> {
  const end = ProcessShutdown.watch();
  end.reportTo(new Logger('Process'));
  // Node may load all modules in one iteration of the event loop. A signal that arrived meanwhile is handled here.
  await nextTurn();
  try {
    loadEnvFile();
    await start(readConfig(environment, fixed), end);
    return ExitCode.STOPPED;
  } catch (error) {
    // Errors are expected if the server is stopped while it starts.
    if (end.isShuttingDown) return ExitCode.STOPPED;
    // An error that the operator can fix is printed as a sentence; a stack would hide it.
    const isTheirs = error instanceof ConfigError || error instanceof CannotListen;
    console.error(isTheirs ? error.message : error);
    return ExitCode.CANNOT_START;
  }
}

async function start(config: Config, end: ProcessShutdown): Promise<void> {
  const { isProduction, logLevel, drainTimeoutMs } = config.process;
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(config), {
    abortOnError: false,
    // No route reads a body, and the Connect API reads its own.
    bodyParser: false,
    logger: new PinoLoggerService({ level: logLevel, format: isProduction ? 'json' : 'text' }),
  });
  for (const warning of config.warnings) new Logger('Settings').warn(warning);
  logGrpcMessages();
  logSubscriberErrors();
  const grpc = app.get(GrpcServerStrategy);
  app.connectMicroservice<MicroserviceOptions>({ strategy: grpc });
  try {
    // The modules must be initialised before the transport starts and accepts calls.
    await app.init();
    // Until here no client was accepted, so there was nothing to stop.
    end.onShutdown(() => app.close(), drainTimeoutMs + CLOSE_TIMEOUT_MS);
    await listen(app, config);
  } catch (error) {
    // Otherwise timers and connections of the modules that started would keep the process alive.
    await app.close();
    throw error;
  }
  const address = config.grpc.url.replace(/:0$/, `:${grpc.port}`);
  new Logger('Server').log(`gRPC on ${address}, health on ${await app.getUrl()}/health`);
}

async function listen(app: INestApplication, { grpc, http }: Config): Promise<void> {
  await app.startAllMicroservices().catch((error: unknown) => {
    throw new CannotListen(`GRPC_URL: ${grpc.url}`, error);
  });
  await app.listen(http.port, http.host).catch((error: unknown) => {
    throw new CannotListen(`HTTP_HOST and HTTP_PORT: ${http.host}:${http.port}`, error);
  });
}
