import { Injectable, Logger } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { Config } from '../config/config.js';

/** An action that the audit log records. */
export type AuditedAction =
  | 'end session'
  | 'explain'
  | 'hide from'
  | 'move user'
  | 'mute user'
  | 'remove user'
  | 'revoke tokens'
  | 'set status';

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

/**
 * Writes one log line for each action of an admin or a moderator on another user. These are the only lines with ids of
 * users, so `AUDIT_LOG=off` turns them off.
 */
@Injectable()
export class AuditLog {
  private readonly logger = new Logger('Audit');

  constructor(private readonly config: Config) {}

  record(action: AuditedAction, { userId: callerId }: Principal, subject: AuditedSubject): void {
    if (this.config.process.auditLog) this.logger.log(action, { callerId, ...subject });
  }
}
