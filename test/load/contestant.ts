import type { ServerProcess } from './server-process.js';

/** A technique to broadcast an event to all subscribers, with the functions that measure it. */
export interface Contestant {
  readonly name: string;
  /** Returns the reason why it cannot be measured on this machine, or undefined if it can. */
  unavailable(): string | undefined;
  start(): Promise<ServerProcess>;
  /** Subscribes on a separate connection. Resolves when the subscription is active. */
  subscribe(port: number, onEvents: OnEvents): Promise<Watcher>;
  publisher(port: number): Promise<Publisher>;
}

/**
 * Called when events arrive, with their number and a function that returns the time of the first
 * event, in ms since the epoch.
 */
export type OnEvents = (count: number, publishedAt?: () => number | undefined) => void;

export interface Watcher {
  close(): void;
}

/** A client that publishes events. */
export interface Publisher {
  /** Publishes `count` events at once. Resolves when the server has accepted them. */
  publish(count: number): Promise<void>;
  close(): Promise<void>;
}

/** As large as an event of the presence service. */
export const PAYLOAD = 'x'.repeat(110);
