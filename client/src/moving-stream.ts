import type { End } from './run-with-reconnect.js';
import { Scope } from './scope.js';
import type { Timers } from './timers.js';

/** The minimum time between two moves of a stream. Each costs a stream, and a call if users were added. */
const MOVE_INTERVAL_MS = 250;

/** The reason with which a stream ends that moves to another filter. */
const MOVED = 'moved';

/**
 * Runs the streams of a collection one after the other, each with the filter of its time. When the filter has changed,
 * the current stream ends and the next one continues at its position, at most four times a second.
 */
export class MovingStream {
  private scope: Scope | undefined;
  private timer: unknown;
  private lastMove = -Infinity;
  private isWanted = false;

  constructor(
    private readonly timers: Timers,
    /** Whether the next stream can continue where the current one is. Otherwise a move waits. */
    private readonly canMove: () => boolean,
    private readonly onMove: () => void,
  ) {}

  /** Opens streams until one ends for another reason than a move. Returns its end. */
  async run(parent: AbortSignal, open: (scope: Scope) => Promise<End>): Promise<End> {
    for (;;) {
      const scope = (this.scope = new Scope(parent));
      this.isWanted = false;
      try {
        const end = await open(scope);
        if (scope.signal.reason !== MOVED) return end;
      } finally {
        this.stop();
        scope.close();
      }
    }
  }

  /** Moves to the changed filter as soon as possible. Changes within one iteration of the event loop cause one move. */
  request(): void {
    this.isWanted = true;
    this.attempt();
  }

  /** Makes a move that has waited until now. */
  attempt(): void {
    if (!this.isWanted || this.scope === undefined || this.timer !== undefined) return;
    if (!this.canMove()) return;
    const waitMs = Math.max(0, this.lastMove + MOVE_INTERVAL_MS - this.timers.now());
    this.timer = this.timers.setTimeout(() => {
      this.timer = undefined;
      if (!this.canMove()) return;
      this.lastMove = this.timers.now();
      this.onMove();
      this.scope?.abort(MOVED);
    }, waitMs);
  }

  private stop(): void {
    this.timers.clearTimeout(this.timer);
    this.timer = undefined;
    this.scope = undefined;
  }
}
