import type { Observer } from 'rxjs';
import { INTERNAL_FAULT, logFault } from './fault-isolation.js';
import type { FailedStatus } from './status-error.js';

/**
 * Writes the messages and the final status of a call. RxJS turns an exception in an observer into an uncaught exception
 * of the process, so this class does not throw: the call ends with INTERNAL, and one log line has the reason.
 */
export abstract class ResponseObserver<Message> implements Observer<Message> {
  private isFaulty = false;

  next(message: Message): void {
    if (this.isFaulty) return;
    try {
      this.write(message);
    } catch (error) {
      this.fail(error);
    }
  }

  error(failure: FailedStatus): void {
    this.finish(failure);
  }

  complete(): void {
    this.finish(undefined);
  }

  /** Ends the response because of an exception. Does not throw. */
  fail(fault: unknown): void {
    if (this.isFaulty) return;
    this.isFaulty = true;
    logFault(fault);
    try {
      this.end(INTERNAL_FAULT);
    } catch {
      this.resetStream();
    }
  }

  /** Sends a message, if the client is still connected. */
  protected abstract write(message: Message): void;
  /** Ends the response after the messages that were written. Undefined means success. */
  protected abstract end(failure: FailedStatus | undefined): void;
  /** Aborts the response when `end` fails. Must not throw. */
  protected abstract resetStream(): void;

  private finish(failure: FailedStatus | undefined): void {
    if (this.isFaulty) return;
    try {
      this.end(failure);
    } catch (error) {
      this.fail(error);
    }
  }
}
