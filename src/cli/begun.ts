import type { PresenceError, ReadonlyValue } from '#client';

/** What the states of sessions and of collections have in common. */
interface State {
  readonly status: string;
  readonly error?: PresenceError;
}

/**
 * Waits until a session or a collection stands. Throws what keeps it from that the first time: somebody at a terminal
 * wants to know at once. Whatever breaks later is waited out.
 */
export async function waitUntilReady(state: ReadonlyValue<State>): Promise<void> {
  for await (const { status, error } of state) {
    if (status === 'online' || status === 'live') return;
    if (error !== undefined) throw error;
  }
}
