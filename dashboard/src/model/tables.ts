import type { AuditRow } from './audit.js';
import type { ChannelRow } from './channels.js';
import { TOPIC_NAMES, type FeedEntry } from './feed.js';
import { nameOf, type User } from './user.js';

/** A heading, and then the lines of a list. */
export type Table = readonly (readonly string[])[];

export function userTable(users: readonly User[]): Table {
  const head = ['user', 'status', 'status text', 'channels', 'muted', 'platforms', 'attributes'];
  return [
    [...head, 'connected at', 'last active at'],
    ...users.map((user) => [
      user.userId,
      nameOf(user.status),
      user.statusText,
      user.channelIds.join(', '),
      mutesOf(user).join(', '),
      user.platforms.join(', '),
      Object.keys(user.attributes).length === 0 ? '' : JSON.stringify(user.attributes),
      timeOf(user.connectedAt),
      timeOf(user.lastActiveAt),
    ]),
  ];
}

/** `totalOf` returns the number of users as the service counts them, if it is known. */
export function channelTable(
  rows: readonly ChannelRow[],
  totalOf: (channelId: string) => number | undefined,
): Table {
  let channelId = '';
  const lines = rows.map((row) => {
    if (row.kind === 'member') return [channelId, '', row.user.userId, nameOf(row.user.status)];
    ({ channelId } = row.channel);
    return [channelId, String(totalOf(channelId) ?? row.channel.members.length), '', ''];
  });
  return [['channel', 'users', 'member', 'status'], ...lines];
}

export function eventTable(entries: readonly FeedEntry[]): Table {
  return [
    ['time', 'user', 'kind', 'event'],
    ...entries.map(({ at, userId, topic, text }) => [timeOf(at), userId, TOPIC_NAMES[topic], text]),
  ];
}

export function auditTable(rows: readonly AuditRow[]): Table {
  return [
    ['time', 'caller', 'user', 'action'],
    ...rows.map(({ at, callerId, userId, text }) => [timeOf(at), callerId, userId, text]),
  ];
}

function mutesOf(user: User): string[] {
  return [
    ...(user.isMicrophoneMuted ? ['microphone'] : []),
    ...(user.isSpeakerMuted ? ['speaker'] : []),
    ...(user.isMicrophoneMutedByModerator ? ['microphone, by a moderator'] : []),
    ...(user.isSpeakerMutedByModerator ? ['speaker, by a moderator'] : []),
  ];
}

/** Formats a time in RFC 3339, in UTC. */
function timeOf(at: Date | undefined): string {
  return at?.toISOString() ?? '';
}
