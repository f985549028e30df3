import { SubscribeRequest } from '../../src/api/generated/presence/v1/events_service.pb.js';
import { ConnectRequest } from '../../src/api/generated/presence/v1/session_service.pb.js';
import { tokenOf } from './grpc-clients.js';
import { progress } from './progress.js';
import { RawConnection, type ClientTls } from './raw-connection.js';

/** The options of clients that connect. */
export interface ClientOptions {
  /** The number of clients that connect at the same time. */
  readonly atOnce?: number;
  readonly tls?: ClientTls | undefined;
}

const CONNECT = ConnectRequest.encode({
  ...ConnectRequest.decode(new Uint8Array()),
  platform: 'bench',
}).finish();

/**
 * Connects the users `from` to `count`, who follow some others. Each has one connection with a
 * session and a subscription, like a typical application.
 */
export async function openSessions(
  port: number,
  count: number,
  friends: number,
  from = 0,
  { atOnce = 50, tls }: ClientOptions = {},
): Promise<readonly RawConnection[]> {
  const connections: RawConnection[] = [];
  for (let first = from; first < count; first += atOnce) {
    progress(`${first} of ${count} sessions`);
    const batch = Array.from({ length: Math.min(atOnce, count - first) }, (_, i) =>
      openSession(port, first + i, count, friends, tls),
    );
    connections.push(...(await Promise.all(batch)));
  }
  return connections;
}

async function openSession(
  port: number,
  i: number,
  count: number,
  friends: number,
  tls: ClientTls | undefined,
): Promise<RawConnection> {
  const connection = new RawConnection(port, await tokenOf(userId(i)), tls);
  await connection.begin('SessionService/Connect', CONNECT, () => {});
  const userIds = Array.from({ length: friends }, (_, k) => userId((i + 1 + k * 97) % count));
  await connection.begin('EventsService/Subscribe', following(userIds), () => {});
  return connection;
}

/** Encodes a subscription to some users, or to all users. */
export function following(userIds: string[]): Uint8Array {
  const request = { ...SubscribeRequest.decode(new Uint8Array()), userIds, skipSnapshot: true };
  return SubscribeRequest.encode(request).finish();
}

export function userId(i: number): string {
  return `user-${String(i).padStart(6, '0')}`;
}
