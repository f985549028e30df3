/** An action of an admin or a moderator on a user, as the audit log of a node has it. */
export interface AuditEntry {
  readonly number: number;
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly action: string;
  readonly callerId: string;
  readonly userId: string;
  readonly channelId?: string;
  readonly toChannelId?: string;
  readonly issuedBefore?: string;
  readonly isMicrophoneMuted?: boolean;
  readonly isSpeakerMuted?: boolean;
}

/** One line of the list of actions. */
export interface AuditRow {
  /** Identifies the row. */
  readonly key: string;
  readonly at: Date;
  readonly callerId: string;
  readonly userId: string;
  readonly text: string;
}

/**
 * The latest actions, newest first, up to a maximum number. Requests may reach several nodes, each with its own trail of
 * entries.
 */
export class AuditTrail {
  /** The rows to display. A new array after every change. */
  rows: readonly AuditRow[] = [];

  constructor(private readonly capacity = 1000) {}

  add(trailId: string, entries: readonly AuditEntry[]): void {
    const known = new Set(this.rows.map(({ key }) => key));
    const rows = entries.map((entry) => rowOf(trailId, entry)).filter(({ key }) => !known.has(key));
    if (rows.length === 0) return;
    this.rows = [...rows.reverse(), ...this.rows]
      .sort((a, b) => b.at.getTime() - a.at.getTime())
      .slice(0, this.capacity);
  }
}

function rowOf(trailId: string, entry: AuditEntry): AuditRow {
  const { number, at, callerId, userId } = entry;
  const key = `${trailId}.${number}`;
  return { key, at: new Date(at), callerId, userId, text: describeAction(entry) };
}

/** Describes an action, as the rest of a sentence that begins with the caller. */
export function describeAction(entry: AuditEntry): string {
  const { action, userId, channelId = '', toChannelId = '', issuedBefore } = entry;
  switch (action) {
    case 'end session':
      return `ended a session of ${userId}`;
    case 'hide from':
      return `changed from whom ${userId} hides`;
    case 'move user':
      return `moved ${userId} from ${channelId} to ${toChannelId}`;
    case 'mute user':
      return `${mutesIn(entry)} of ${userId}`;
    case 'remove user':
      return `removed ${userId} from ${channelId}`;
    case 'revoke tokens':
      return `revoked the tokens of ${userId} issued before ${issuedBefore}`;
    case 'set status':
      return `set the status of ${userId}`;
    default:
      return `${action}: ${userId}`;
  }
}

function mutesIn({ isMicrophoneMuted, isSpeakerMuted }: AuditEntry): string {
  const verb = (isMuted: boolean): string => (isMuted ? 'muted' : 'unmuted');
  return [
    ...(isMicrophoneMuted === undefined ? [] : [`${verb(isMicrophoneMuted)} the microphone`]),
    ...(isSpeakerMuted === undefined ? [] : [`${verb(isSpeakerMuted)} the speaker`]),
  ].join(' and ');
}
