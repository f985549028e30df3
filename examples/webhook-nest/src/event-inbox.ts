import { Injectable } from '@nestjs/common';

/** How long an id is remembered. The service repeats an event within minutes. */
const REMEMBERED_MS = 24 * 60 * 60 * 1000;

interface Work {
  readonly at: number;
  readonly done: Promise<void>;
}

/**
 * Handles each event once, although it can arrive several times. A real backend stores the ids in its database, in the same
 * transaction as the effect of the event: `INSERT INTO handled_events (id) VALUES ($1) ON CONFLICT DO NOTHING`. This one
 * forgets them when it ends.
 */
@Injectable()
export class EventInbox {
  /** The work for each id, oldest first. */
  private readonly works = new Map<string, Work>();

  /** Calls `handle`, unless an event with this id has been handled. Rejects if `handle` does; then the id is free again. */
  async once(id: string, handle: () => Promise<void>): Promise<void> {
    this.forgetOld();
    // The same event can arrive again while it is still being handled.
    const known = this.works.get(id);
    if (known !== undefined) return known.done;
    const done = handle();
    this.works.set(id, { at: Date.now(), done });
    try {
      await done;
    } catch (error) {
      this.works.delete(id);
      throw error;
    }
  }

  private forgetOld(): void {
    for (const [id, { at }] of this.works) {
      if (Date.now() - at < REMEMBERED_MS) break;
      this.works.delete(id);
    }
  }
}
