import { ConsoleLogger } from '@nestjs/common';

/** The name under which Nest logs an error of the start, with its stack, before it passes it on. */
const PASSED_ON = 'ExceptionHandler';

/** Says what Nest's own logger says, but for errors of the start: `serve` tells each of them once, and in sentences where it can. */
export class ProgramLogger extends ConsoleLogger {
  override error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) !== PASSED_ON) super.error(message, ...rest);
  }
}
