import 'reflect-metadata';
import { Logger, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from '../app.module.js';
import { ConfigError } from '../config/config-error.js';
import { readConfig, type Config } from '../config/config.js';
import { loadEnvFile } from '../config/env-file.js';
import { announceDashboard, attachDashboard } from './dashboard.js';
import { useNestLogger } from '../transport/grpc/grpc-logger.js';
import { connectGrpc } from './grpc.js';
import { attachHttpApi } from './connect-rpc.js';
import { PinoLoggerService } from '../logging/pino-logger.service.js';
import { ExitCode, ProcessShutdown } from './process-shutdown.js';

/** What closing takes beside the time that calls are given: ports, and taking leave of Redis. */
const CLOSE_TIMEOUT_MS = 3000;

/** Runs the server with settings from the environment, or `.env`. Returns the exit code of a process that ends by itself; signals and errors end it through `ProcessShutdown`. */
export async function serve(environment: NodeJS.ProcessEnv): Promise<number> {
  const end = ProcessShutdown.watch();
  end.reportTo(new Logger('Process'));
  try {
    loadEnvFile();
    await start(readConfig(environment), end);
    return ExitCode.STOPPED;
  } catch (error) {
    // What is stopped while it starts may well complain.
    if (end.isShuttingDown) return ExitCode.STOPPED;
    // What whoever starts the server can put right is told in sentences; a stack would only hide them.
    const isTheirs = error instanceof ConfigError || error instanceof CannotListen;
    console.error(isTheirs ? error.message : error);
    return ExitCode.CANNOT_START;
  }
}

async function start(config: Config, end: ProcessShutdown): Promise<void> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.with(config), {
    abortOnError: false,
    // No route reads a body. The API reads its own.
    bodyParser: false,
    logger: new PinoLoggerService(config.logging),
  });
  for (const warning of config.warnings) new Logger('Settings').warn(warning);
  useNestLogger();
  const grpc = connectGrpc(app);
  attachHttpApi(app, grpc);
  attachDashboard(app);
  try {
    // Before the transport starts: a call must not meet modules that are not initialised.
    await app.init();
    // Up to here nobody was let in, and there was nothing to stop.
    end.onShutdown(() => app.close(), config.drainTimeoutMs + CLOSE_TIMEOUT_MS);
    await listen(app, config);
  } catch (error) {
    // Or the timers and connections of what has started would keep the process from ending.
    await app.close();
    throw error;
  }
  const address = config.grpc.url.replace(/:0$/, `:${grpc.port}`);
  new Logger('Server').log(`gRPC on ${address}, health on ${await app.getUrl()}/health`);
  await announceDashboard(app);
}

async function listen(app: INestApplication, { grpc, http }: Config): Promise<void> {
  await app.startAllMicroservices().catch((error: unknown) => {
    throw new CannotListen(`GRPC_URL: ${grpc.url}`, error);
  });
  await app.listen(http.port, http.host).catch((error: unknown) => {
    throw new CannotListen(`HTTP_HOST and HTTP_PORT: ${http.host}:${http.port}`, error);
  });
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'this user may not',
};

/** An address that the settings ask for cannot be had. */
class CannotListen extends Error {
  constructor(what: string, cause: unknown) {
    const text = String(cause);
    const code = Object.keys(REASONS).find((known) => text.includes(known));
    super(`Cannot listen on ${what} (${code === undefined ? text : REASONS[code]}).`, { cause });
  }
}
