import { Screen } from './screen.js';

const WIDTH = 30;
const REDRAW_MS = 100;

/** Runs something, and shows how far it has come by what it says of that, `note` being in words what is going on. */
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

/** Drawn on standard error where that is a terminal, and nowhere else. */
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

  /** Takes it away. */
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
