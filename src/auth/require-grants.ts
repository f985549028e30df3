import { RejectedError } from '../domain/rejected-error.js';
import type { Principal } from './principal.js';

/** Throws a `RejectedError` unless the caller may join a channel. `field`: the field that names it. */
export function requireJoin({ mayJoin }: Principal, channelId: string, field: string): void {
  if (mayJoin !== undefined && !mayJoin(channelId)) throw channelNotGranted('join', field);
}

/** Throws a `RejectedError` unless the caller may list, count and follow the users in each channel. */
export function requireWatch(
  { viewer: { mayWatch } }: Principal,
  channelIds: Iterable<string>,
  field: string,
): void {
  if (mayWatch === undefined) return;
  for (const id of channelIds) if (!mayWatch(id)) throw channelNotGranted('watch', field);
}

/** Throws a `RejectedError` unless the caller has each group, or may name every group. */
export function requireGroups(
  { isAdmin, groups }: Principal,
  groupIds: Iterable<string>,
  field: string,
): void {
  if (isAdmin) return;
  for (const id of groupIds) {
    if (!groups.includes(id))
      throw new RejectedError(
        'GROUP_NOT_GRANTED',
        `${field} names a group that the token does not have`,
        field,
      );
  }
}

function channelNotGranted(grant: 'join' | 'watch', field: string): RejectedError {
  return new RejectedError(
    'CHANNEL_NOT_GRANTED',
    `${field} names a channel that the token may not ${grant}`,
    field,
  );
}
