import { SubscribeRequest } from '../../src/api/generated/presence/v1/events_service.pb.js';
import { ConnectRequest } from '../../src/api/generated/presence/v1/session_service.pb.js';
import { tokenOf } from './grpc-clients.js';
import { progress } from './progress.js';
import { RawConnection } from './raw-connection.js';

const AT_ONCE = 50;

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
): Promise<readonly RawConnection[]> {
  const connections: RawConnection[] = [];
  for (let first = from; first < count; first += AT_ONCE) {
    progress(`${first} of ${count} sessions`);
    const batch = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, i) =>
      openSession(port, first + i, count, friends),
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
): Promise<RawConnection> {
  const connection = new RawConnection(port, await tokenOf(userId(i)));
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
