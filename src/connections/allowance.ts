/** How many bytes peers may make the server hold at a time: one connection, and within `all` everyone together. */
export class Allowance {
  private held = 0;

  constructor(
    private readonly max: number,
    private readonly all?: Allowance,
  ) {}

  /** Takes that many on, or none when they are too many. */
  take(bytes: number): boolean {
    if (this.held + bytes > this.max) return false;
    if (this.all?.take(bytes) === false) return false;
    this.held += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.held -= bytes;
    this.all?.giveBack(bytes);
  }
}
