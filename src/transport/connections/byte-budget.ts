/** How many bytes one connection may make the server hold at a time. */
export class ByteBudget {
  private held = 0;

  constructor(private readonly max: number) {}

  /** Takes that many on, or none when they are too many. */
  reserve(bytes: number): boolean {
    if (this.held + bytes > this.max) return false;
    this.held += bytes;
    return true;
  }

  release(bytes: number): void {
    this.held -= bytes;
  }
}
