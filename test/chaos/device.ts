import type { Command } from './command.js';
import type { Span } from './history.js';
import type { NodeProcess } from './node-process.js';

/** One device of a user. It reconnects by itself when it loses its session. */
export interface Device {
  readonly platform: string;
  /** The open session, or undefined. */
  readonly span: Span | undefined;
  /** Whether the device can accept a command now. */
  readonly canBeTold: boolean;
  /** Whether the device is in the state that its user wants. */
  readonly isSettled: boolean;
  /**
   * The additional delay before it reconnects after a loss, in milliseconds, besides its usual
   * back-off.
   */
  absenceMs: number;
  /** The attributes with which it begins the next session, if it does not restore them by itself. */
  attributes: ReadonlyMap<string, string>;
  /** Resolves when the device has a session, or when its user has turned it off in the meantime. */
  turnOn(node: NodeProcess): Promise<void>;
  /** Ends the session, as a user who leaves does. */
  turnOff(): void;
  /**
   * Tries a command once. Returns false if the result is unknown; the command must then be
   * repeated.
   */
  tell(command: Command): Promise<boolean>;
  /** Releases the resources of the device after it was turned off for the last time. */
  remove(): void;
}
