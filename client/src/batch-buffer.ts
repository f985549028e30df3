import { unlessAborted } from './abort.js';
import type { EventBatch } from './event-batch.js';
import { Sync } from './generated/presence/v1/events_service_pb.js';
import type { SubscribeResponse } from './generated/presence/v1/events_service_pb.js';
import type { Positions, ResetReason, Start } from './position.js';
import { presenceOf, type Presence } from './presence.js';
import { presenceEventOf, type PresenceEvent } from './presence-event.js';
import type { PresenceError } from './presence-error.js';

/** The number of events that may wait for the program. The stream is not read while more of them wait. */
const MAX_WAITING = 1000;

interface Snapshot<A> {
  readonly reason: ResetReason;
  readonly presences: Presence<A>[];
  isComplete: boolean;
}

/** The messages that the stream has sent since the last position. */
interface Draft<A> {
  readonly snapshot: Snapshot<A> | undefined;
  readonly events: PresenceEvent<A>[];
}

/**
 * Collects the messages of a subscription into batches that end at a position. At most one batch waits for the program,
 * and `add` does not resolve before there is room for the next one. So a slow program stops the stream.
 */
export class BatchBuffer<A> {
  private draft: Draft<A> = { snapshot: undefined, events: [] };
  private waiting: EventBatch<A> | undefined;
  private end: PresenceError | undefined;
  private change = new Change();
  /** How the next stream starts. */
  private start: Start = { resumeToken: '', reason: 'first-start' };

  constructor(private readonly positions: Positions) {}

  /**
   * Begins a stream, and returns the resume token to send. Drops the messages that the last stream sent after its last
   * position, because the service sends them again.
   */
  begin(start = this.start): string {
    this.start = start;
    const { resumeToken, reason } = start;
    this.draft = { snapshot: reason && newSnapshot(reason), events: [] };
    return resumeToken;
  }

  /** Adds a message. Resolves when the next message may be read. */
  async add(message: SubscribeResponse, signal: AbortSignal): Promise<void> {
    const { sync, snapshot, events, resumeToken } = message;
    if (sync === Sync.RESET) await this.beginSnapshot(signal);
    const { draft } = this;
    for (const presence of snapshot) draft.snapshot?.presences.push(presenceOf<A>(presence));
    for (const event of events) draft.events.push(presenceEventOf<A>(event));
    if (draft.snapshot && sync === Sync.CURRENT) draft.snapshot.isComplete = true;
    // Until the snapshot is complete, a new stream begins as this one did and receives all of it again.
    if (draft.snapshot?.isComplete === false) return;
    if (resumeToken !== '') this.start = { resumeToken };
    // A service that sends no position for long must not let the draft grow.
    else if (draft.snapshot !== undefined || draft.events.length < MAX_WAITING) return;
    await this.hand(signal);
  }

  /** Returns the batch that waits, or the next one. Throws the error of `close` after the last batch. */
  async take(signal: AbortSignal): Promise<EventBatch<A>> {
    for (;;) {
      signal.throwIfAborted();
      const { waiting } = this;
      if (waiting !== undefined) {
        this.waiting = undefined;
        this.change.notify();
        return waiting;
      }
      if (this.end !== undefined) throw this.end;
      await unlessAborted(this.change.next, signal);
    }
  }

  /** Ends the batches: no stream will follow. */
  close(error: PresenceError): void {
    this.end = error;
    this.change.notify();
  }

  /** Whether the draft can be added to the batch that waits. A snapshot begins a batch of its own. */
  private get hasRoom(): boolean {
    const { waiting, draft } = this;
    if (waiting === undefined) return true;
    return draft.snapshot === undefined && waiting.events.length < MAX_WAITING;
  }

  private async beginSnapshot(signal: AbortSignal): Promise<void> {
    const { snapshot, events } = this.draft;
    if (snapshot === undefined && events.length > 0) await this.hand(signal);
    this.draft = { snapshot: newSnapshot('position-lost'), events: [] };
  }

  /** Makes the draft the batch that waits, or a part of it, as soon as there is room. */
  private async hand(signal: AbortSignal): Promise<void> {
    while (!this.hasRoom) await unlessAborted(this.change.next, signal);
    const { waiting, draft, start } = this;
    const { snapshot, events } = draft;
    this.draft = { snapshot: undefined, events: [] };
    this.waiting = {
      reset: snapshot ? { reason: snapshot.reason, presences: snapshot.presences } : waiting?.reset,
      events: waiting === undefined ? events : [...waiting.events, ...events],
      position: this.positions.positionOf(start.resumeToken),
    };
    this.change.notify();
  }
}

function newSnapshot<A>(reason: ResetReason): Snapshot<A> {
  return { reason, presences: [], isComplete: false };
}

/** Wakes the callers that wait for the next change. */
class Change {
  private resolve!: () => void;
  next = this.renewed();

  notify(): void {
    const { resolve } = this;
    this.next = this.renewed();
    resolve();
  }

  private renewed(): Promise<void> {
    return new Promise((resolve) => (this.resolve = resolve));
  }
}
