import { inWords } from './in-words.js';
import type { Client, OpenSession } from './client.js';
import type { Service } from './service.js';
import type { SubscriptionReader } from './subscription-reader.js';

/** A user with one session. */
export interface ConnectedUser extends OpenSession {
  readonly client: Client;
}

/** A connected user, and a subscription to the user. */
export interface WatchedUser extends ConnectedUser {
  readonly watcher: SubscriptionReader;
}

/** Subscribes to users, and reads up to SYNC_CURRENT. */
export async function watch(client: Client, ...userIds: string[]): Promise<SubscriptionReader> {
  const watcher = client.subscribe({ userIds });
  await watcher.beginning();
  return watcher;
}

/** Connects a user, who joins channels. */
export async function connectUser(
  service: Service,
  userId: string,
  ...channelIds: readonly string[]
): Promise<ConnectedUser> {
  const client = await service.client(userId);
  const session = await client.connect();
  const { sessionId } = session;
  for (const channelId of channelIds)
    await client.joinChannel({ sessionId, channelId, keepOthers: true });
  return { client, ...session };
}

/** Connects a user, who joins channels. Then `watching` subscribes to the user. */
export async function connectWatched(
  service: Service,
  watching: Client,
  userId: string,
  ...channelIds: readonly string[]
): Promise<WatchedUser> {
  const user = await connectUser(service, userId, ...channelIds);
  return { ...user, watcher: await watch(watching, userId) };
}

/** Returns the next two events, of a user who comes online and goes OFFLINE, and ends the subscription. */
export async function onlineAndOffline(watcher: SubscriptionReader): Promise<string[]> {
  const events = (await watcher.nextEvents(2)).map(inWords);
  watcher.cancel();
  return events;
}
