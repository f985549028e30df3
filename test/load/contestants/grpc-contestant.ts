import type { Client, Metadata } from '@grpc/grpc-js';
import {
  PresenceEvent,
  SubscribeRequest,
} from '../../../src/api/generated/presence/v1/events_service.pb.js';
import {
  UpdateMuteStateRequest,
  UpdateMuteStateResponse,
} from '../../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Contestant, OnEvents, Publisher, Watcher } from '../contestant.js';
import { call, connect, metadataOf, newClient, tokenOf } from '../grpc-clients.js';
import { startGrpcServer, type GrpcServer } from '../grpc-server.js';
import { countEvents, firstField, RawConnection, type ClientTls } from '../raw-connection.js';
import type { ServerProcess } from '../server-process.js';

/** The number of users that cause events. */
const USERS = 50;

/**
 * A server with the gRPC contract: this service, or a conventional implementation for comparison.
 */
export class GrpcContestant implements Contestant {
  readonly name: string;

  /** `tls`: the server has a certificate, and all clients use TLS. */
  constructor(
    private readonly server: GrpcServer,
    private readonly tls?: ClientTls,
  ) {
    this.name = server.name;
  }

  unavailable(): string | undefined {
    return undefined;
  }

  start(): Promise<ServerProcess> {
    return startGrpcServer(this.server);
  }

  async subscribe(port: number, onEvents: OnEvents): Promise<Watcher> {
    const connection = new RawConnection(port, await tokenOf('watcher'), this.tls);
    const request = { ...SubscribeRequest.decode(new Uint8Array()), skipSnapshot: true };
    const bytes = SubscribeRequest.encode(request).finish();
    await connection.begin('EventsService/Subscribe', bytes, (message) => {
      const count = countEvents(message);
      if (count > 0) onEvents(count, () => publishedAt(message));
    });
    return { close: () => connection.destroy() };
  }

  publisher(port: number): Promise<Publisher> {
    return GrpcPublisher.start(newClient(port, this.tls !== undefined));
  }
}

/** Users who mute and unmute. Each call causes one change and one event. */
class GrpcPublisher implements Publisher {
  private turn = 0;

  private constructor(
    private readonly client: Client,
    private readonly users: readonly { readonly sessionId: string; readonly metadata: Metadata }[],
  ) {}

  static async start(client: Client): Promise<GrpcPublisher> {
    const users = await Promise.all(
      Array.from({ length: USERS }, async (_, i) => {
        const metadata = await metadataOf(`user-${i}`);
        return { sessionId: await connect(client, metadata), metadata };
      }),
    );
    return new GrpcPublisher(client, users);
  }

  async publish(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.publishOne()));
  }

  async close(): Promise<void> {
    this.client.close();
  }

  private publishOne(): Promise<unknown> {
    const turn = this.turn++;
    const { sessionId, metadata } = this.users[turn % USERS]!;
    const isMicrophoneMuted = Math.floor(turn / USERS) % 2 === 0;
    return call(
      this.client,
      'PresenceService/UpdateMuteState',
      UpdateMuteStateRequest,
      UpdateMuteStateResponse,
      { sessionId, isMicrophoneMuted, isSpeakerMuted: undefined },
      metadata,
    );
  }
}

/**
 * Returns the time of the first event of a message. The other events are not decoded, because this
 * would cost more than receiving them.
 */
function publishedAt(message: Buffer): number {
  const { seconds, nanos } = PresenceEvent.decode(firstField(message)).occurredAt!;
  return seconds * 1000 + nanos / 1e6;
}
