import type { ServiceError } from '@grpc/grpc-js';
import {
  Delivery,
  PresenceEventKind,
} from '../../src/grpc/generated/presence/v1/events_service.pb.js';
import type { SubscribeRequest } from '../../src/grpc/generated/presence/v1/events_service.pb.js';
import { PresenceStatus } from '../../src/grpc/generated/presence/v1/presence.pb.js';
import type { Client } from './client.js';
import type { SubscriptionReader } from './subscription-reader.js';

/** Every way to follow somebody. */
export function subscriptionsTo(
  userIds: readonly string[],
  channelIds: readonly string[],
): readonly Partial<SubscribeRequest>[] {
  return [
    {},
    { userIds: [...userIds] },
    { channelIds: [...channelIds] },
    { userIds: [...userIds], channelIds: [...channelIds] },
    { kinds: [PresenceEventKind.PRESENCE_EVENT_KIND_USER_CHANNEL_CHANGED] },
    { userIds: [...userIds], delivery: Delivery.DELIVERY_LATEST },
  ];
}

const STATUSES = [
  PresenceStatus.PRESENCE_STATUS_ONLINE,
  PresenceStatus.PRESENCE_STATUS_IDLE,
  PresenceStatus.PRESENCE_STATUS_OFFLINE,
  PresenceStatus.PRESENCE_STATUS_DO_NOT_DISTURB,
  PresenceStatus.PRESENCE_STATUS_AWAY,
];

/** What is asked about: a user, and what others may know of it. */
export interface Target {
  readonly userId: string;
  /** A session that the user once had. */
  readonly sessionId: string;
  readonly channelIds: readonly string[];
}

/** Asks every question that there is about a user. Refusals are answers, too. */
export async function askAbout(client: Client, target: Target): Promise<Record<string, unknown>> {
  const { userId, sessionId, channelIds } = target;
  const filters = [[], ...STATUSES.map((one) => [one]), STATUSES];
  return {
    presence: await answer(client.getPresence({ userId })),
    batch: await answer(client.batchGetPresences({ userIds: [userId, 'nobody', userId] })),
    lists: await Promise.all(
      filters.map((statuses) => pagesOf((page) => client.listOnlineUsers({ statuses, ...page }))),
    ),
    channels: await Promise.all(
      channelIds.map((channelId) =>
        pagesOf((page) => client.listChannelMembers({ channelId, ...page })),
      ),
    ),
    sessions: await answer(client.listSessions({ userId })),
    activityOfUser: await answer(
      client.recordActivity({ target: { $case: 'userId', value: userId } }),
    ),
    activity: await answer(
      client.recordActivity({ target: { $case: 'sessionId', value: sessionId } }),
    ),
    heartbeat: await answer(client.heartbeat({ sessionId })),
    join: await answer(client.joinChannel({ sessionId, channelId: channelIds[0]! })),
    leave: await answer(client.leaveChannel({ sessionId })),
    mute: await answer(client.updateMuteState({ sessionId, isSpeakerMuted: true })),
    status: await answer(client.updateStatus({ sessionId, choice: 1 })),
    end: await answer(client.endSession({ sessionId })),
    beginnings: await Promise.all(
      subscriptionsTo([userId], channelIds).map((request) => beginningOf(client, request)),
    ),
  };
}

/** What a stream begins with, which is then given up. */
export async function beginningOf(
  client: Client,
  request: Partial<SubscribeRequest>,
): Promise<unknown> {
  const reader: SubscriptionReader = client.subscribe(request);
  const beginning = await reader.beginning();
  reader.cancel();
  return normal(beginning);
}

/** Without what is random by nature: of tokens there is left how long they are. */
export function normal(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, item: unknown) =>
      (key === 'resumeToken' || key === 'nextPageToken') && typeof item === 'string'
        ? `a token of ${item.length} characters`
        : item,
    ),
  );
}

interface Page {
  readonly nextPageToken: string;
}

/** All pages of a list, one user each. */
async function pagesOf(
  list: (page: { readonly pageSize: number; readonly pageToken: string }) => Promise<Page>,
): Promise<unknown> {
  const pages: unknown[] = [];
  let pageToken = '';
  do {
    const page = await list({ pageSize: 1, pageToken });
    pages.push(normal(page));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return pages;
}

async function answer(call: Promise<unknown>): Promise<unknown> {
  try {
    return normal(await call);
  } catch (error) {
    const { code, details, metadata } = error as ServiceError;
    return { code, details, metadata: Object.keys(metadata.getMap()).sort() };
  }
}
