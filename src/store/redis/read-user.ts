import type { Presence } from '../../domain/presence.js';
import type { Session, User } from '../../domain/user.js';
import { userOf } from './user-record.codec.js';

/** A record that is damaged, or that an incompatible version of the service has written. */
export class UnreadableRecord extends Error {}

const STATUSES: ReadonlySet<unknown> = new Set<Presence['status']>([
  'ONLINE',
  'IDLE',
  'OFFLINE',
  'DO_NOT_DISTURB',
  'AWAY',
]);

const CHOICES: ReadonlySet<unknown> = new Set<User['choice']>([
  'AUTOMATIC',
  'DO_NOT_DISTURB',
  'AWAY',
  'INVISIBLE',
]);

const LOSS_CAUSES: ReadonlySet<unknown> = new Set<Session['lostBecause']>([
  undefined,
  'CONNECTION_LOST',
  'NODE_LOST',
]);

/** Decodes the fields of a user record. Throws `UnreadableRecord` for values that the rules could not process. */
export function readUser(userId: string, fields: unknown): User {
  try {
    const user = userOf(userId, fields);
    if (isUser(user)) return user;
  } catch {
    // The error below replaces this one, because it must not contain user data.
  }
  throw new UnreadableRecord('a record of a user is not readable');
}

function isUser(user: User): boolean {
  const { channel } = user;
  return (
    user.sessions.every(isSession) &&
    (channel === undefined || (isText(channel.channelId) && isText(channel.sessionId))) &&
    CHOICES.has(user.choice) &&
    isText(user.statusText) &&
    isTimeOrNone(user.choiceExpiresAt) &&
    isTimeOrNone(user.visibleSince) &&
    isPresence(user.own) &&
    (user.shown === user.own || isPresence(user.shown))
  );
}

function isSession(session: Session): boolean {
  return (
    isText(session.sessionId) &&
    isText(session.node) &&
    isText(session.platform) &&
    isTime(session.connectedAt) &&
    isTime(session.lastActiveAt) &&
    isTimeOrNone(session.heartbeatDueAt) &&
    isTimeOrNone(session.tokenExpiresAt) &&
    isTimeOrNone(session.graceEndsAt) &&
    LOSS_CAUSES.has(session.lostBecause) &&
    (session.terms === undefined || Object.values(session.terms).every(isTime))
  );
}

function isPresence(presence: Presence): boolean {
  return (
    STATUSES.has(presence.status) &&
    isText(presence.statusText) &&
    (presence.channelId === undefined || isText(presence.channelId)) &&
    isTimeOrNone(presence.connectedAt) &&
    isTimeOrNone(presence.lastActiveAt) &&
    Array.isArray(presence.platforms) &&
    presence.platforms.every(isText) &&
    Number.isSafeInteger(presence.version) &&
    presence.version >= 0
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTime(value: unknown): boolean {
  return Number.isFinite(value);
}

function isTimeOrNone(value: unknown): boolean {
  return value === undefined || isTime(value);
}
