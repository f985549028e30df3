import type { Status } from '#client';

export type { Change as UserChange, Presence as User, Status } from '#client';

/** The title of each status, in the order in which people search for them. */
const NAMES: Readonly<Record<Status, string>> = {
  online: 'Online',
  idle: 'Idle',
  away: 'Away',
  'do-not-disturb': 'Do not disturb',
  offline: 'Offline',
};

/** All statuses, in the same order. */
export const STATUSES = Object.keys(NAMES) as readonly Status[];

export function nameOf(status: Status): string {
  return NAMES[status];
}
