/** A wait that another caller can end early. At most one caller waits at a time. */
export class Pause {
  private end: (() => void) | undefined;

  /** Whether a caller waits. */
  get isWaiting(): boolean {
    return this.end !== undefined;
  }

  /** Resolves after `ms` milliseconds, or when `wake` is called. Undefined: only when `wake` is called. */
  async wait(ms?: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.end = resolve;
      if (ms !== undefined) timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
    this.end = undefined;
  }

  wake(): void {
    this.end?.();
  }
}
