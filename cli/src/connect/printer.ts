/** The maximum number of lines to hold back. Older lines are dropped, and their number is printed. */
const MOST_WAITING = 1000;

/** Prints lines, and holds them back while the user enters text. */
export class Printer {
  private waiting: string[] | undefined;
  private dropped = 0;

  constructor(private readonly write: (line: string) => void) {}

  print(line: string): void {
    if (this.waiting === undefined) return this.write(line);
    this.waiting.push(line);
    if (this.waiting.length <= MOST_WAITING) return;
    this.waiting.shift();
    this.dropped++;
  }

  /** Holds back all lines until `release`. */
  hold(): void {
    this.waiting ??= [];
  }

  release(): void {
    const lines = this.waiting ?? [];
    this.waiting = undefined;
    if (this.dropped > 0) this.write(`(${this.dropped} lines before these were dropped)`);
    this.dropped = 0;
    for (const line of lines) this.write(line);
  }
}
