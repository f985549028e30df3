import type { Metadata, status } from '@grpc/grpc-js';
import type { Observer } from 'rxjs';
import { INTERNAL_FAULT, logFault } from './fault-isolation.js';

/** The status of a call that did not go well, as the error filter puts it. */
export interface FailedStatus {
  readonly code?: status;
  readonly message: string;
  readonly metadata?: Metadata;
}

/**
 * Takes the messages of the answer to a call, and how it ended. RxJS makes an exception of the process out of whatever
 * an observer throws, so this one does not throw: the call ends with INTERNAL, and one line in the log says why.
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

  /** Ends the answer since something threw. Does not throw. */
  fail(fault: unknown): void {
    if (this.isFaulty) return;
    this.isFaulty = true;
    logFault(fault);
    try {
      this.end(INTERNAL_FAULT);
    } catch {
      this.cutOff();
    }
  }

  /** Sends a message, if anybody is still there. */
  protected abstract write(message: Message): void;
  /** Ends the answer behind what has been written. Undefined: all went well. */
  protected abstract end(failure: FailedStatus | undefined): void;
  /** Ends it when `end` cannot. Must not throw. */
  protected abstract cutOff(): void;

  private finish(failure: FailedStatus | undefined): void {
    if (this.isFaulty) return;
    try {
      this.end(failure);
    } catch (error) {
      this.fail(error);
    }
  }
}
