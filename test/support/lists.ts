import type { ListOnlineUsersResponse } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Client } from './client.js';

/** Reads a page of a list. */
export type List = (request: {
  readonly pageSize?: number;
  readonly pageToken?: string;
}) => Promise<ListOnlineUsersResponse>;

/** The RPCs that list users: everyone, and the members of the lobby. */
export function listsOf(reader: () => Client): [name: string, list: List][] {
  return [
    ['ListOnlineUsers', (request) => reader().listOnlineUsers(request)],
    [
      'ListChannelMembers',
      (request) => reader().listChannelMembers({ channelId: 'lobby', ...request }),
    ],
  ];
}

/** The ids of the users on a page. */
export function ids({ presences }: ListOnlineUsersResponse): string[] {
  return presences.map(({ userId }) => userId);
}
