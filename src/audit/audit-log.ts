import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { Clock } from '../clock/clock.js';
import { Config } from '../config/config.js';

/** An action that the audit log records. */
export type AuditedAction =
  | 'end session'
  | 'explain'
  | 'hide from'
  | 'move user'
  | 'mute user'
  | 'read groups'
  | 'remove user'
  | 'revoke tokens'
  | 'set status';

/** Actions that change nothing. An open dashboard repeats them, and they would push the changes out of `recent`. */
const READS: ReadonlySet<AuditedAction> = new Set(['explain', 'read groups']);

/** The maximum number of actions that a node keeps in memory, about half a megabyte. */
export const MAX_RECENT = 500;

/** The subject of an audited action. */
export interface AuditedSubject {
  readonly userId: string;
  readonly requestId: string;
  readonly sessionId?: string;
  readonly channelId?: string;
  readonly toChannelId?: string;
  /** The moment of a revocation, in RFC 3339. */
  readonly issuedBefore?: string;
  /** The moderator's mute of the microphone after the action. Undefined: the action did not change it. */
  readonly isMicrophoneMuted?: boolean | undefined;
  /** The moderator's mute of the speaker after the action. Undefined: the action did not change it. */
  readonly isSpeakerMuted?: boolean | undefined;
}

/** An action as it was recorded. */
export interface AuditEntry extends AuditedSubject {
  /** Grows by one with each entry of this node. */
  readonly number: number;
  /** The wall clock, in milliseconds since the epoch. */
  readonly at: number;
  readonly action: AuditedAction;
  readonly callerId: string;
}

/**
 * Writes one log line for each action of an admin or a moderator on another user. These are the only lines with ids of
 * users, so `AUDIT_LOG=off` turns them off. The latest changes are also kept in memory, for the dashboard.
 */
@Injectable()
export class AuditLog {
  /** Identifies the entries of this node until it stops. */
  readonly trailId = randomUUID();
  private readonly logger = new Logger('Audit');
  private readonly entries: AuditEntry[] = [];
  private count = 0;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Whether actions are recorded at all. */
  get isOn(): boolean {
    return this.config.process.auditLog;
  }

  record(action: AuditedAction, { userId: callerId }: Principal, subject: AuditedSubject): void {
    if (!this.isOn) return;
    this.logger.log(action, { callerId, ...subject });
    if (READS.has(action)) return;
    const entry = { number: ++this.count, at: this.clock.wall(), action, callerId, ...subject };
    this.entries.push(entry);
    if (this.entries.length > MAX_RECENT) this.entries.shift();
  }

  /** Returns the latest changes with a number above `after`, oldest first. */
  recent(after: number): readonly AuditEntry[] {
    return this.entries.filter(({ number }) => number > after);
  }
}
