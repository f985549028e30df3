import { format } from 'node:util';
import { setLogger } from '@grpc/grpc-js';
import { Logger } from '@nestjs/common';
import { safeLines } from '../../text/safe-text.js';

/** Makes grpc-js log through the logger of Nest. By default it writes to the console. */
export function useNestLogger(): void {
  const logger = new Logger('grpc-js');
  setLogger({
    error: (...parts: unknown[]) => logger.error(textOf(parts)),
    info: (...parts: unknown[]) => logger.log(textOf(parts)),
    debug: (...parts: unknown[]) => logger.debug(textOf(parts)),
  });
}

/** Formats a log entry safely, because it may quote text from a client. */
function textOf(parts: readonly unknown[]): string {
  return safeLines(format(...parts));
}
