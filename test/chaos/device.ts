import type { Command } from './command.js';
import type { Span } from './history.js';
import type { NodeProcess } from './node-process.js';

/** One device of a user. It connects again by itself when it loses its session. */
export interface Device {
  readonly platform: string;
  /** The session that is open now. Undefined: there is none. */
  readonly span: Span | undefined;
  /** Whether a command can be given to it now. */
  readonly canBeTold: boolean;
  /** Whether it is as its user wants it. */
  readonly isSettled: boolean;
  /** Milliseconds that it waits after a loss before it connects again, on top of its usual back-off. */
  absenceMs: number;
  /** Resolves when it has a session, or when its user has turned it off meanwhile. */
  turnOn(node: NodeProcess): Promise<void>;
  /** Ends the session as a user does who leaves. */
  turnOff(): void;
  /** Tries a command once. False: the outcome is unknown, and the command has to be repeated. */
  tell(command: Command): Promise<boolean>;
  /** Frees what it holds, after it was turned off for the last time. */
  remove(): void;
}
