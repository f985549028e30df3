import { Screen } from './screen.js';

const WIDTH = 30;
const REDRAW_MS = 100;

/**
 * Runs a task and draws its progress. The task calls `show` with the number of finished items and a text about the
 * current state.
 */
export async function withProgressBar(
  total: number,
  run: (show: (done: number, note: string) => void) => Promise<void>,
): Promise<void> {
  const bar = new ProgressBar(total);
  try {
    await run((done, note) => bar.show(done, note));
  } finally {
    bar.end();
  }
}

/** Draws on standard error if that is a terminal, otherwise nowhere. */
class ProgressBar {
  private readonly screen = process.stderr.isTTY ? new Screen(process.stderr) : undefined;
  private drawnAt = -Infinity;

  constructor(private readonly total: number) {}

  show(done: number, note: string): void {
    const now = performance.now();
    if (now - this.drawnAt < REDRAW_MS) return;
    this.drawnAt = now;
    this.screen?.draw([barOf(done, this.total, note)]);
  }

  /** Erases the bar. */
  end(): void {
    this.screen?.clear();
    this.screen?.release();
  }
}

export function barOf(done: number, total: number, note: string): string {
  const part = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.round(part * WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
  return `${bar} ${String(Math.floor(part * 100)).padStart(3)} %  ${note}`;
}
