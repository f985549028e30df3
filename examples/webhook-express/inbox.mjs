/** How long an id is remembered. The service repeats an event within minutes. */
const REMEMBERED_MS = 24 * 60 * 60 * 1000;

/**
 * Handles each event once, although it can arrive several times. A real backend stores the ids in its database, in the same
 * transaction as the effect of the event: `INSERT INTO handled_events (id) VALUES ($1) ON CONFLICT DO NOTHING`. This one
 * forgets them when it ends.
 */
export function createInbox() {
  /** The work for each id, oldest first. */
  const works = new Map();
  return {
    /** Calls `handle`, unless an event with this id has been handled. Rejects if `handle` does; then the id is free again. */
    async once(id, handle) {
      forgetOld();
      // The same event can arrive again while it is still being handled.
      const known = works.get(id);
      if (known !== undefined) return known.done;
      const done = handle();
      works.set(id, { at: Date.now(), done });
      try {
        await done;
      } catch (error) {
        works.delete(id);
        throw error;
      }
    },
  };

  function forgetOld() {
    for (const [id, { at }] of works) {
      if (Date.now() - at < REMEMBERED_MS) break;
      works.delete(id);
    }
  }
}
