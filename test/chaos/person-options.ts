import type { AccessLife } from './access/access-life.js';
import type { Backend } from './backend.js';
import type { Device } from './device.js';
import type { History } from './history.js';
import type { NodeProcess } from './node-process.js';
import type { Random } from './random.js';

/** The properties of a user of the population. */
export interface PersonOptions {
  readonly userId: string;
  /**
   * Creates the devices of the user. A device calls `onReturn` when it has begun a session that
   * replaces a lost one.
   */
  readonly devices: (onReturn: () => void) => readonly Device[];
  /** Whether the devices restore the state of a lost session by themselves. */
  readonly isRestoredByDevices: boolean;
  /**
   * Breaks connections of the user's devices for some milliseconds. Absent if their networks do not
   * break.
   */
  readonly breakConnections?: (ms: number) => Promise<void>;
  /** The channels that a device may join now. */
  readonly channelsOf: (device: Device) => readonly string[];
  /** Gives commands about the user, as a moderator and as a backend. */
  readonly backend: Backend;
  /** The rights of the user, which change. Absent: every user sees every other. */
  readonly life?: AccessLife;
  /** Whether the user never leaves voluntarily. */
  readonly isPinned: boolean;
  readonly nodes: readonly NodeProcess[];
  readonly random: Random;
  readonly history: History;
}
