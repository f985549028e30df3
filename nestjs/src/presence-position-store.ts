import type { PositionStore } from '@presence-service/client';

/**
 * The store of the position up to which the handlers have handled all events. The application provides it, in any of its
 * modules: `{ provide: PresencePositionStore, useClass: DatabasePositions }`. Two applications must not share a position, and
 * only one process of an application may use it at a time.
 */
export abstract class PresencePositionStore implements PositionStore {
  /** Returns the position that was saved last. Empty, null or undefined: none. */
  abstract load(): ReturnType<PositionStore['load']>;

  /** Stores a position, a text of at most 2100 characters. It must be durable when the promise resolves. */
  abstract save(position: string): unknown;
}
