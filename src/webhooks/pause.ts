/** A wait that another caller can end early. At most one caller waits at a time. */
export class Pause {
  private end: (() => void) | undefined;

  /** Resolves after that many milliseconds, or when `wake` is called. Undefined: only then. */
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
