import { format } from 'node:util';
import { setLogger } from '@grpc/grpc-js';
import { Logger } from '@nestjs/common';
import { safeLines } from '../../text/safe-text.js';

/** Lets grpc-js log as everybody does. By itself it writes to the console. */
export function useNestLogger(): void {
  const logger = new Logger('grpc-js');
  setLogger({
    error: (...parts: unknown[]) => logger.error(textOf(parts)),
    info: (...parts: unknown[]) => logger.log(textOf(parts)),
    debug: (...parts: unknown[]) => logger.debug(textOf(parts)),
  });
}

/** It may quote what a client has sent. */
function textOf(parts: readonly unknown[]): string {
  return safeLines(format(...parts));
}
