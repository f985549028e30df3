import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { Clock } from '../clock/clock.js';
import { Config } from '../config/config.js';
import { MAX_MESSAGE_BYTES } from '../event-log/batch-cache.js';
import { fieldsOf } from '../event-log/entry.js';
import { EventLog } from '../event-log/event-log.js';
import { matches, needsFacts, type Interest } from '../event-log/filter.js';
import { checkOf } from '../event-log/resume-index.js';
import { CommitHistory } from '../store/commit-history.js';
import { PresenceStore, type CommitPosition } from '../store/presence-store.js';
import { FanOut } from './fan-out.js';
import { SubscriptionLimiter } from './subscription-limiter.js';
import { tokenExpired, type Outlet } from './subscription.js';

/** The number of commits in a page. A page is matched and encoded in one slice of the event loop. */
export const COMMITS_PER_PAGE = 256;

/** Milliseconds between two checks whether a reader may receive the next page. */
const WAIT_MS = 250;

/** An empty message, which only keeps a stream from being silent. */
const NOTHING = Buffer.alloc(0);

/**
 * The result of a resume from the history. `reset`: the history did not lead to the event log. `ended`: the stream ended
 * before.
 */
export type ReplayOutcome = 'continued' | 'reset' | 'ended';

/** A subscriber that resumes. */
export interface ResumingReader {
  readonly caller: Principal;
  readonly interest: Interest;
  readonly outlet: Outlet;
  /** Whether the stream has ended. */
  readonly isClosed: () => boolean;
  /** Calls a function whenever the outlet is ready again. */
  readonly onReady: (listener: () => void) => void;
}

/**
 * Sends the events that a subscriber has missed and that are no longer in the event log of the node, from the history of the
 * store. It holds one page at a time for all readers together.
 */
@Injectable()
export class HistoryReplay {
  /** Resumes from the history by outcome. */
  readonly resumes: Record<ReplayOutcome, number> = { continued: 0, reset: 0, ended: 0 };
  private readonly maxReaders: number;
  private readonly heartbeatIntervalMs: number;
  private readers = 0;
  private lastPage: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly history: CommitHistory,
    private readonly store: PresenceStore,
    private readonly log: EventLog,
    private readonly fanOut: FanOut,
    private readonly limits: SubscriptionLimiter,
    private readonly clock: Clock,
    { fixed, streams }: Config,
  ) {
    this.maxReaders = fixed.historyReaders;
    this.heartbeatIntervalMs = streams.heartbeatIntervalMs;
  }

  /** Whether the event log cannot continue from a resume token, but the history may be able to. */
  isNeeded({ caller, interest }: ResumingReader, token: string): boolean {
    if (token === '' || !this.history.keepsCommits) return false;
    // The history does not have the state before a commit.
    if (needsFacts(interest) || this.log.find(token) !== undefined) return false;
    return this.readers < this.maxReaders || caller.isAdmin;
  }

  /**
   * Sends missed events until the event log can continue, and returns a resume token for that position. Returns the same
   * token if the history cannot bring the reader to the log.
   */
  async resume(reader: ResumingReader, token: string): Promise<string> {
    this.readers++;
    try {
      const found = await this.replay(reader, token);
      this.resumes[reader.isClosed() ? 'ended' : found === undefined ? 'reset' : 'continued']++;
      return found ?? token;
    } finally {
      this.readers--;
    }
  }

  private async replay(reader: ResumingReader, token: string): Promise<string | undefined> {
    const found = await this.positionsOf(token);
    if (found === undefined) return undefined;
    const paced = new PacedReader(reader, this.limits, this.clock, this.heartbeatIntervalMs);
    const positions = [...found];
    // The log can drop events of one partition while the reader receives those of another one.
    for (;;) {
      const behind = positions.findIndex((position) => !this.isInLog(position));
      if (behind < 0) return this.log.timeline.sealed(positions);
      if (!(await paced.isReady())) return undefined;
      const isSent = await this.oneAtATime(() => this.sendPage(reader, positions, behind, paced));
      if (!isSent) return undefined;
    }
  }

  /** Returns the positions in a token. Undefined: the token is invalid, or one of its commits is no longer known. */
  private async positionsOf(token: string): Promise<readonly CommitPosition[] | undefined> {
    const { timeline } = this.log;
    const offsets = timeline.open(token);
    if (offsets === undefined) return undefined;
    const found = await Promise.all(
      offsets.seqs.map(
        async (seq, partition) =>
          timeline.positionOf(partition, seq) ?? (await this.history.positionOf(partition, seq)),
      ),
    );
    const positions = found.filter((position) => position !== undefined);
    const areAllKnown = positions.length === found.length;
    return areAllKnown && checkOf(positions) === offsets.checksum ? positions : undefined;
  }

  /** Reads and sends one page at a time, because the pages of many streams would form one long slice of the event loop. */
  private oneAtATime<T>(work: () => Promise<T>): Promise<T> {
    const done = this.lastPage.then(work);
    this.lastPage = done.catch(() => {});
    return done;
  }

  /**
   * Sends the next page of a partition, and moves its position. Returns false if the history does not continue, or the reader
   * may not see a commit as it is in the history.
   */
  private async sendPage(
    reader: ResumingReader,
    positions: CommitPosition[],
    partition: number,
    paced: PacedReader,
  ): Promise<boolean> {
    const start = positions[partition]!;
    const page = await this.history.readAfter(start, COMMITS_PER_PAGE);
    if (page === undefined || reader.isClosed()) return false;
    if (page.last.seq === start.seq) {
      positions[partition] = await this.endOf(start);
      return true;
    }
    const { viewer, filter } = reader.interest;
    const wanted: Uint8Array[] = [];
    let scanned = 0;
    let reached: CommitPosition = start;
    for (const { position, user, events } of page.commits) {
      if (this.isInLog(reached)) break;
      if (user.accessRules.hiddenFrom.has(viewer.userId)) return false;
      for (const event of events) {
        if (matches(filter, fieldsOf(event))) wanted.push(this.log.encode(event));
      }
      scanned += events.length;
      reached = position;
    }
    positions[partition] = this.isInLog(reached) ? reached : page.last;
    this.limits.charge(reader.caller, scanned);
    if (wanted.length > 0) this.send(paced, wanted, this.log.timeline.sealed(positions));
    return true;
  }

  private send(paced: PacedReader, wanted: readonly Uint8Array[], token: string): void {
    let fragments: Uint8Array[] = [];
    let bytes = 0;
    for (const fragment of wanted) {
      if (bytes > 0 && bytes + fragment.length > MAX_MESSAGE_BYTES) {
        paced.send(Buffer.concat(fragments));
        this.fanOut.slices.count(fragments.length);
        [fragments, bytes] = [[], 0];
      }
      fragments.push(fragment);
      bytes += fragment.length;
    }
    this.fanOut.slices.count(fragments.length);
    paced.send(Buffer.concat([...fragments, this.log.encodeToken(token)]));
  }

  /**
   * Returns the position in the log for a reader that has received everything in the history. The log does not hold
   * the positions of commits that no viewer sees.
   */
  private async endOf(position: CommitPosition): Promise<CommitPosition> {
    await this.store.view.awaitCurrent();
    const newest = this.log.lastCommitBefore(position.partition, Infinity);
    return newest.seq <= position.seq ? newest : position;
  }

  private isInLog(position: CommitPosition): boolean {
    return (this.log.offsetAfter(position) ?? -1) >= this.log.tail;
  }
}

/** Waits until a reader may receive the next page, and keeps its stream from being silent. */
class PacedReader {
  private lastSentAt: number;
  private wake = (): void => {};

  constructor(
    private readonly reader: ResumingReader,
    private readonly limits: SubscriptionLimiter,
    private readonly clock: Clock,
    private readonly heartbeatIntervalMs: number,
  ) {
    this.lastSentAt = clock.monotonic();
    reader.onReady(() => this.wake());
  }

  send(message: Buffer): void {
    this.lastSentAt = this.clock.monotonic();
    this.reader.outlet.send(message);
  }

  /** Waits for the next page, and returns false if the stream has ended. */
  async isReady(): Promise<boolean> {
    const { reader, clock, limits } = this;
    const { caller, outlet } = reader;
    while (!reader.isClosed()) {
      if (caller.expiresAt !== undefined && clock.wall() >= caller.expiresAt) {
        outlet.end(tokenExpired());
        return false;
      }
      const isQuiet = clock.monotonic() - this.lastSentAt >= this.heartbeatIntervalMs;
      if (isQuiet && outlet.isReady) this.send(NOTHING);
      if (outlet.isReady && limits.maySendSnapshot(caller)) return true;
      await this.waiting();
    }
    return false;
  }

  private waiting(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, WAIT_MS).unref();
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
