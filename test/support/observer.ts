import type { ServiceError } from '@grpc/grpc-js';
import {
  Delivery,
  PresenceEventKind,
  type EventsServiceController,
  type SubscribeRequest,
  type WatchCountsRequest,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
import type { ModerationServiceController } from '../../src/api/generated/presence/v1/moderation_service.pb.js';
import { PresenceStatus } from '../../src/api/generated/presence/v1/presence.pb.js';
import type { PresenceServiceController } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { SessionServiceController } from '../../src/api/generated/presence/v1/session_service.pb.js';
import type { Client } from './client.js';
import type { SubscriptionReader } from './subscription-reader.js';

/** Returns every kind of subscription that matches these users. Without groups, none names a group. */
export function subscriptionsTo(
  userIds: readonly string[],
  channelIds: readonly string[],
  groupIds: readonly string[] = [],
): readonly Partial<SubscribeRequest>[] {
  return [
    ...groupIds.map((groupId) => ({ groupIds: [groupId] })),
    {},
    { userIds: [...userIds] },
    { channelIds: [...channelIds] },
    { userIds: [...userIds], channelIds: [...channelIds] },
    { kinds: [PresenceEventKind.PRESENCE_EVENT_KIND_USER_CHANNEL_CHANGED] },
    { userIds: [...userIds], delivery: Delivery.DELIVERY_LATEST },
  ];
}

/** Returns the requests for the counts of all users, and of these channels and groups. */
export function scopesOf(
  channelIds: readonly string[],
  groupIds: readonly string[] = [],
): readonly Partial<WatchCountsRequest>[] {
  return [{}, { channelIds: [...channelIds], groupIds: [...groupIds] }];
}

const STATUSES = [
  PresenceStatus.PRESENCE_STATUS_ONLINE,
  PresenceStatus.PRESENCE_STATUS_IDLE,
  PresenceStatus.PRESENCE_STATUS_OFFLINE,
  PresenceStatus.PRESENCE_STATUS_DO_NOT_DISTURB,
  PresenceStatus.PRESENCE_STATUS_AWAY,
];

/** The subject of the questions: a user, and what others may know about it. */
export interface Target {
  readonly userId: string;
  /** A former session of the user. */
  readonly sessionId: string;
  readonly channelIds: readonly string[];
  /** The groups of the client that the user may be in. */
  readonly groupIds?: readonly string[];
}

/**
 * The methods that can reveal something about a user. If a method is added without a question here,
 * this file does not compile.
 */
type Question = Exclude<
  | keyof PresenceServiceController
  | keyof SessionServiceController
  | keyof EventsServiceController
  | keyof ModerationServiceController,
  'connect'
>;

/** Asks every question about a user. A rejection counts as a response. */
export async function askAbout(client: Client, target: Target): Promise<Record<Question, unknown>> {
  const { userId, sessionId, channelIds, groupIds = [] } = target;
  const filters = [[], ...STATUSES.map((one) => [one]), STATUSES];
  const activityOf = (user: 'userId' | 'sessionId', value: string): Promise<unknown> =>
    answer(client.recordActivity({ target: { $case: user, value } }));
  return {
    getPresence: await answer(client.getPresence({ userId })),
    batchGetPresences: await answer(
      client.batchGetPresences({ userIds: [userId, 'nobody', userId] }),
    ),
    listOnlineUsers: await Promise.all(
      ['', ...groupIds].flatMap((groupId) =>
        filters.map((statuses) =>
          pagesOf((page) => client.listOnlineUsers({ statuses, groupId, ...page })),
        ),
      ),
    ),
    listChannelMembers: await Promise.all(
      channelIds.map((channelId) =>
        pagesOf((page) => client.listChannelMembers({ channelId, ...page })),
      ),
    ),
    listSessions: await answer(client.listSessions({ userId })),
    explainPresence: await answer(client.explainPresence({ userId })),
    recordActivity: [await activityOf('userId', userId), await activityOf('sessionId', sessionId)],
    heartbeat: await answer(client.heartbeat({ sessionId })),
    joinChannel: await answer(client.joinChannel({ sessionId, channelId: channelIds[0]! })),
    leaveChannel: await answer(client.leaveChannel({ sessionId })),
    updateMuteState: await answer(client.updateMuteState({ sessionId, isSpeakerMuted: true })),
    updateStatus: await answer(client.updateStatus({ sessionId, choice: 1 })),
    updateAttributes: await answer(client.updateAttributes({ sessionId, remove: ['doc'] })),
    endSession: await answer(client.endSession({ sessionId })),
    countPresences: [
      await answer(client.countPresences()),
      await answer(client.countPresences({ channelIds: [...channelIds], groupIds: [...groupIds] })),
    ],
    watchCounts: await Promise.all(
      scopesOf(channelIds, groupIds).map((scopes) => countsOf(client, scopes)),
    ),
    muteUser: await answer(client.muteUser({ userId, isMicrophoneMuted: true })),
    moveUser: await answer(
      client.moveUser({ userId, fromChannelId: channelIds[0]!, toChannelId: 'elsewhere' }),
    ),
    updateHiddenFrom: [
      await answer(client.updateHiddenFrom({ userIds: [userId] })),
      await answer(client.updateHiddenFrom({ userIds: ['nobody'], userId })),
    ],
    getHiddenFrom: [
      await answer(client.getHiddenFrom()),
      await answer(client.getHiddenFrom({ userId })),
    ],
    revokeTokens: await answer(client.revokeTokens({ userId })),
    removeUser: await answer(client.removeUser({ userId, channelId: channelIds[0]! })),
    subscribe: await Promise.all(
      subscriptionsTo([userId], channelIds, groupIds).map((request) =>
        beginningOf(client, request),
      ),
    ),
  };
}

/** Returns the first messages of a stream, and then cancels it. */
export async function beginningOf(
  client: Client,
  request: Partial<SubscribeRequest>,
): Promise<unknown> {
  const reader: SubscriptionReader = client.subscribe(request);
  const beginning = await reader.beginning();
  reader.cancel();
  return normal(beginning);
}

/** Returns the first message of a stream of counts, and then cancels it. */
async function countsOf(client: Client, request: Partial<WatchCountsRequest>): Promise<unknown> {
  const reader = client.watchCounts(request);
  const first = await reader.next();
  reader.cancel();
  return first;
}

/** Removes random values: of a token, only the length is kept. */
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

/** Returns all pages of a list, with one user per page. */
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
