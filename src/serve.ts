import { ConsoleLogger, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { ConfigError } from './config/config-error.js';
import { readConfig, type Config } from './config/config.js';
import { loadEnvFile } from './config/env-file.js';
import { nestLogLevels } from './config/log-level.js';
import { attachGrpc } from './grpc/transport.js';

/** Runs the server with settings from the environment, or `.env`, until a signal ends it. Returns the exit code when it cannot even start, zero otherwise. */
export async function serve(environment: NodeJS.ProcessEnv): Promise<number> {
  try {
    loadEnvFile();
    await start(readConfig(environment));
    return 0;
  } catch (error) {
    // A mistake in the settings is told in sentences; a stack would only hide them.
    console.error(error instanceof ConfigError ? error.message : error);
    return 1;
  }
}

async function start(config: Config): Promise<void> {
  const app = await NestFactory.create(AppModule.with(config), {
    abortOnError: false,
    logger: new ConsoleLogger({
      json: config.production,
      // Escape codes are for people; in a file they stick to the token of the first call.
      colors: process.stdout.isTTY && !config.production,
      logLevels: nestLogLevels(config.logLevel),
    }),
  });
  const grpc = attachGrpc(app);
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  // Before the transport starts: a call must not meet modules that are not initialised.
  await app.init();
  await app.startAllMicroservices();
  await app.listen(config.http.port, config.http.host);
  const address = config.grpc.url.replace(/:0$/, `:${grpc.port}`);
  new Logger('Server').log(`gRPC on ${address}, health on ${await app.getUrl()}/health`);
}
