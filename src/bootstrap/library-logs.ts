import { format } from 'node:util';
import { setLogger } from '@grpc/grpc-js';
import { Logger } from '@nestjs/common';
import { config } from 'rxjs';
import { describeError, safeLines } from '../text/safe-text.js';

/**
 * Logs the errors that subscribers of Observables throw, such as those of the commits of the store. RxJS already keeps
 * them from the other subscribers, but by default it throws them again as uncaught errors, which end the process.
 */
export function logSubscriberErrors(): void {
  const logger = new Logger('RxJS');
  config.onUnhandledError = (error) => {
    logger.error(`A subscriber failed. The others continue: ${describeError(error)}`);
  };
}

/** Makes grpc-js log through the logger of Nest. By default it writes to the console. */
export function logGrpcMessages(): void {
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
