import type { ServerProcess } from './server-process.js';

/** One way to bring an event to everybody, with what it takes to measure it. */
export interface Contestant {
  readonly name: string;
  /** Why it cannot be measured here. Undefined: it can. */
  unavailable(): string | undefined;
  start(): Promise<ServerProcess>;
  /** A subscriber on a connection of its own. Resolves when it is subscribed. */
  subscribe(port: number, onEvents: OnEvents): Promise<Watcher>;
  publisher(port: number): Promise<Publisher>;
}

/** Told of events as they arrive: how many, and how to learn when the first of them happened, in ms since the epoch. */
export type OnEvents = (count: number, publishedAt?: () => number | undefined) => void;

export interface Watcher {
  close(): void;
}

/** Makes events happen. */
export interface Publisher {
  /** Publishes that many events at once, and resolves when the server has taken them. */
  publish(count: number): Promise<void>;
  close(): Promise<void>;
}

/** As large as an event of the presence service. */
export const PAYLOAD = 'x'.repeat(110);
