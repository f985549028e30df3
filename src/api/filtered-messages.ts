import { Observable, Subscriber } from 'rxjs';

/** Converts an error of a stream of messages to another stream. */
type ErrorFilter = (error: unknown) => Observable<unknown>;

/** Like `catchError` of RxJS, with 400 bytes for each open stream instead of 800. */
export function withErrorFilter(
  messages: Observable<unknown>,
  filter: ErrorFilter,
): Observable<unknown> {
  return new Observable((subscriber) => {
    const filtered = new FilteredMessages(subscriber, filter);
    return messages.subscribe(filtered);
  });
}

class FilteredMessages extends Subscriber<unknown> {
  constructor(
    private readonly target: Subscriber<unknown>,
    private readonly filter: ErrorFilter,
  ) {
    super(target);
  }

  protected override _error(error: unknown): void {
    const { target } = this;
    this.unsubscribe();
    try {
      this.filter(error).subscribe(target);
    } catch (fault) {
      target.error(fault);
    }
  }
}
