/** What all requests that are not whole, or all answers that are not taken, may make the server hold over one way in. */
export const HELD_IN_ALL = 256 * 1024 * 1024;

/** What a request or an answer may hold without being counted, so that large ones of others keep no small one out. */
export const FREE_BYTES = 16 * 1024;

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
