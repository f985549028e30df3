import type { GrantsClaim } from '../../src/auth/grants.js';
import { PresenceStatus, type Presence } from '../../src/api/generated/presence/v1/presence.pb.js';
import type {
  CountPresencesResponse,
  ListOnlineUsersRequest,
} from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Client } from './client.js';
import type { Service } from './service.js';

/** A user with one session. */
export interface Member {
  readonly client: Client;
  readonly sessionId: string;
}

/** Connects a user, who joins channels. */
export async function enter(
  service: Service,
  userId: string,
  grants: GrantsClaim,
  ...channelIds: readonly string[]
): Promise<Member> {
  const client = await service.client(userId, { grants });
  const { sessionId } = await client.connect();
  for (const channelId of channelIds)
    await client.joinChannel({ sessionId, channelId, keepOthers: true });
  return { client, sessionId };
}

export async function presenceOf(client: Client, userId: string): Promise<Presence> {
  return (await client.getPresence({ userId })).presence!;
}

/** The ids of the live sessions of a user, the oldest first. */
export async function sessionIdsOf(admin: Client, userId: string): Promise<string[]> {
  const { sessions } = await admin.listSessions({ userId });
  return sessions.map(({ sessionId }) => sessionId);
}

/** The users on all pages of a list with one user on each page, and its total size. */
export async function pagesOf(
  client: Client,
  request: Partial<ListOnlineUsersRequest> = {},
): Promise<{ readonly ids: readonly string[]; readonly total: number }> {
  const ids: string[] = [];
  let pageToken = '';
  for (;;) {
    const page = await client.listOnlineUsers({ ...request, pageSize: 1, pageToken });
    ids.push(...page.presences.map(({ userId }) => userId));
    pageToken = page.nextPageToken;
    if (pageToken === '') return { ids, total: page.totalSize };
  }
}

/** Counts in short form, as in "lobby: ONLINE 2". */
export function brief({ counts }: CountPresencesResponse): readonly string[] {
  return counts.map(({ scope, byStatus }) => {
    const parts = byStatus.map(
      (each) => `${PresenceStatus[each.status].replace('PRESENCE_STATUS_', '')} ${each.count}`,
    );
    return `${scope?.value ?? 'all'}: ${parts.join(', ') || '-'}`;
  });
}
