/** The number of bytes that the calls of one connection may hold in memory on the server at a time. */
export class ByteBudget {
  private held = 0;

  constructor(private readonly max: number) {}

  /** Reserves the bytes and returns true. Returns false and reserves nothing if they exceed the budget. */
  reserve(bytes: number): boolean {
    if (this.held + bytes > this.max) return false;
    this.held += bytes;
    return true;
  }

  release(bytes: number): void {
    this.held -= bytes;
  }
}
