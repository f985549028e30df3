import { format } from 'node:util';
import { setLogger } from '@grpc/grpc-js';
import { Logger } from '@nestjs/common';

/** Lets grpc-js log as everybody does. By itself it writes to the console. */
export function logAsEverybodyDoes(): void {
  const logger = new Logger('grpc-js');
  setLogger({
    error: (...parts: unknown[]) => logger.error(format(...parts)),
    info: (...parts: unknown[]) => logger.log(format(...parts)),
    debug: (...parts: unknown[]) => logger.debug(format(...parts)),
  });
}
