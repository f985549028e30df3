import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '../../../cli/src/options/target.js';
import { FailureCount } from '../../../cli/src/runtime/failure.js';
import type { TokenSigner } from '../../../src/auth/token-signer.js';
import { ReplayedSession } from './replayed-session.js';
import type { TraceRow } from './trace.js';

/**
 * The maximum number of concurrent calls. Later calls wait, so that a slow service does not receive more and more.
 */
const MAX_IN_FLIGHT = 100;

/** The results of a replay. */
export interface Summary {
  begun: number;
  activities: number;
  closed: number;
  lost: number;
  /** The maximum number of sessions at one time. */
  mostAtOnce: number;
}

/** Replays a trace against a service. Each session has its own client and connection. */
export class Replay {
  readonly summary: Summary;
  readonly failures = new FailureCount();
  private readonly sessions = new Map<string, ReplayedSession>();
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    private readonly rows: readonly TraceRow[],
    private readonly target: Target,
    private readonly signer: TokenSigner,
    /** The number of seconds of the trace per second of real time. Infinity: as fast as the service allows. */
    private readonly speed: number,
  ) {
    this.summary = {
      begun: 0,
      activities: 0,
      closed: 0,
      lost: 0,
      mostAtOnce: 0,
    };
  }

  /**
   * Runs until the end of the trace or until the signal is aborted. Calls `onRow` with the number of rows started so
   * far.
   */
  async run(signal: AbortSignal, onRow: (done: number) => void): Promise<void> {
    const beganAt = performance.now();
    const firstSecond = this.rows[0]?.seconds ?? 0;
    for (const [i, row] of this.rows.entries()) {
      const dueAt = beganAt + ((row.seconds - firstSecond) * 1000) / this.speed;
      await waitUntil(dueAt, signal);
      if (signal.aborted) return;
      this.start(row);
      if (this.underWay.size >= MAX_IN_FLIGHT) await Promise.race(this.underWay);
      onRow(i + 1);
    }
    await Promise.all(this.underWay);
  }

  /** Ends the sessions that the trace left open. */
  async close(): Promise<void> {
    const open = [...this.sessions.values()];
    this.sessions.clear();
    await Promise.all(open.map((session) => session.end({ isClean: true }).catch(() => {})));
  }

  get open(): number {
    return this.sessions.size;
  }

  private start(row: TraceRow): void {
    const deed = this.apply(row)
      .catch((error: unknown) => this.failures.note(error))
      .finally(() => this.underWay.delete(deed));
    this.underWay.add(deed);
  }

  private async apply({ action, session, user, reason }: TraceRow): Promise<void> {
    switch (action) {
      case 'connect':
        return this.begin(session, user);
      case 'activity':
        await this.known(session).beActive();
        this.summary.activities++;
        return;
      case 'disconnect': {
        const isClean = reason === 'clean';
        const ended = this.known(session);
        this.sessions.delete(session);
        await ended.end({ isClean });
        if (isClean) this.summary.closed++;
        else this.summary.lost++;
      }
    }
  }

  private async begin(session: string, user: string): Promise<void> {
    const replayed = new ReplayedSession(this.target, () => this.signer.sign({ userId: user }));
    this.sessions.set(session, replayed);
    this.summary.mostAtOnce = Math.max(this.summary.mostAtOnce, this.sessions.size);
    await replayed.begin('replay');
    this.summary.begun++;
  }

  private known(session: string): ReplayedSession {
    const known = this.sessions.get(session);
    if (known === undefined) throw new Error(`the trace has no session ${session} at that time`);
    return known;
  }
}

/** The maximum delay of a timer in Node. An aborted signal ends the wait earlier. */
const LONGEST_MS = 2 ** 31 - 1;

async function waitUntil(dueAt: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    const restMs = dueAt - performance.now();
    if (restMs <= 0 || signal.aborted) return;
    // An abort is not a failure: the caller checks the signal.
    await sleep(Math.min(restMs, LONGEST_MS), undefined, { signal }).catch(() => {});
  }
}
