import { Logger } from '@nestjs/common';
import { config } from 'rxjs';
import { describeError } from '../text/safe-text.js';

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
