import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';

const NO_WRAP = '\u001b[?7l';
const WRAP = '\u001b[?7h';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

/** The number of rows to assume if the terminal does not report it. */
const ROWS = 24;

/**
 * Lines on a terminal that are redrawn in place. Lines that are too long or too many for the terminal are truncated.
 */
export class Screen {
  private height = 0;

  constructor(private readonly output: NodeJS.WriteStream) {}

  draw(lines: readonly string[]): void {
    const room = (this.output.rows || ROWS) - 1;
    const shown =
      lines.length <= room
        ? lines
        : [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more`];
    this.clear();
    this.output.write(`${HIDE_CURSOR}${NO_WRAP}${shown.join('\n')}\n${WRAP}`);
    this.height = shown.length;
  }

  /** Erases the lines that were drawn last. */
  clear(): void {
    if (this.height === 0) return;
    moveCursor(this.output, 0, -this.height);
    cursorTo(this.output, 0);
    clearScreenDown(this.output);
    this.height = 0;
  }

  /** Restores the cursor of the terminal. The lines that were drawn last stay. */
  release(): void {
    this.output.write(SHOW_CURSOR);
  }
}
