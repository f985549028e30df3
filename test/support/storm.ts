import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import {
  Delivery,
  SubscribeRequest,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
import {
  JoinChannelRequest,
  ListOnlineUsersRequest,
  StatusChoice,
  UpdateMuteStateRequest,
  UpdateStatusRequest,
} from '../../src/api/generated/presence/v1/presence_service.pb.js';
import * as session from '../../src/api/generated/presence/v1/session_service.pb.js';
import type { Random } from '../chaos/random.js';
import { completed, type Codec } from './client.js';

/** A call and its request. */
type Deed = (sessionId: string) => readonly [path: string, request: Uint8Array];

const CONNECT = '/presence.v1.SessionService/Connect';

const SUBSCRIBE = '/presence.v1.EventsService/Subscribe';
const PRESENCE = '/presence.v1.PresenceService';

/** Clients that connect, make calls and disconnect, at every possible moment and in every way. */
export class Storm {
  /**
   * The number of sessions that began and whose clients were still connected to receive their first
   * message.
   */
  begun = 0;
  /** The known session ids. Most of these sessions have ended. */
  private readonly sessionIds = ['no such session'];

  constructor(
    private readonly addresses: readonly string[],
    private readonly tokens: readonly string[],
    private readonly random: Random,
  ) {}

  /**
   * Opens `connections` connections at once, each with `calls` concurrent calls. Resolves when all
   * of them are closed.
   */
  async run(connections: number, calls: number): Promise<void> {
    await Promise.all(Array.from({ length: connections }, () => this.connection(calls)));
  }

  private async connection(calls: number): Promise<void> {
    const { random } = this;
    const client = connect(`http://${random.oneOf(this.addresses)}`).on('error', () => {});
    client.setMaxListeners(0);
    const ends = Array.from({ length: calls }, () => this.call(client));
    if (random.happens(0.3)) {
      // Closes the connection and all calls on it, in whatever state they are.
      await this.pause();
      client.destroy();
    }
    await Promise.all(ends);
    if (random.happens(0.5)) client.close();
    else client.destroy();
  }

  private async call(client: ClientHttp2Session): Promise<void> {
    const { random } = this;
    await this.pause();
    if (client.destroyed || client.closed) return;
    const [path, request] = random.oneOf(ACTIONS)(random.oneOf(this.sessionIds));
    const stream = client.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: `Bearer ${random.oneOf(this.tokens)}`,
      ...(random.happens(0.2) && { 'grpc-timeout': `${random.between(0, 30)}m` }),
    });
    const closed = new Promise((resolve) => stream.on('error', () => {}).on('close', resolve));
    stream.on('data', (data: Buffer) => this.learn(path, data));
    if (random.happens(0.1)) stream.close(constants.NGHTTP2_CANCEL);
    const answered = new Promise((resolve) => stream.on('data', resolve).on('close', resolve));
    const isWhole = await this.send(stream, request);
    await this.pause();
    // A call with an incomplete request never receives a response.
    if (isWhole && random.happens(0.6)) await answered;
    await this.pause();
    stream.close(constants.NGHTTP2_CANCEL);
    await closed;
  }

  /**
   * Sends the complete request, its beginning, or all of it except the end of the stream. Returns
   * whether it was complete.
   */
  private async send(stream: ClientHttp2Stream, request: Uint8Array): Promise<boolean> {
    const frame = Buffer.alloc(5 + request.length);
    frame.writeUInt32BE(request.length, 1);
    frame.set(request, 5);
    const isCut = this.random.happens(0.1);
    if (stream.closed) return false;
    stream.write(isCut ? frame.subarray(0, this.random.between(0, frame.length)) : frame);
    await this.pause();
    if (isCut || stream.closed || this.random.happens(0.1)) return false;
    stream.end();
    return true;
  }

  private learn(path: string, data: Buffer): void {
    if (path !== CONNECT || data.length < 5 || data.readUInt32BE(1) + 5 > data.length) return;
    const { body } = session.ConnectResponse.decode(data.subarray(5, data.readUInt32BE(1) + 5));
    if (body?.$case !== 'sessionStarted') return;
    this.begun++;
    this.sessionIds.push(body.value.session!.sessionId);
    if (this.sessionIds.length > 20) this.sessionIds.shift();
  }

  /** Waits for nothing, for one iteration of the event loop, or for a short time. */
  private async pause(): Promise<void> {
    const turns = this.random.between(0, 3);
    if (turns === 0) await sleep(this.random.between(0, 5));
    else for (let i = 1; i < turns; i++) await setImmediate();
  }
}

/** The calls. Most of them begin a session or a subscription, because those can leak. */
const ACTIONS: readonly Deed[] = [
  ...new Array<Deed>(4).fill(() =>
    to(CONNECT, session.ConnectRequest, { requireHeartbeats: true }),
  ),
  () => to(SUBSCRIBE, SubscribeRequest, {}),
  () => to(SUBSCRIBE, SubscribeRequest, { userIds: ['user-0', 'user-1'], channelIds: ['lobby'] }),
  () => to(SUBSCRIBE, SubscribeRequest, { skipSnapshot: true, delivery: Delivery.DELIVERY_LATEST }),
  (sessionId) =>
    to(`${PRESENCE}/JoinChannel`, JoinChannelRequest, { sessionId, channelId: 'lobby' }),
  (sessionId) =>
    to(`${PRESENCE}/UpdateMuteState`, UpdateMuteStateRequest, {
      sessionId,
      isMicrophoneMuted: true,
    }),
  (sessionId) =>
    to(`${PRESENCE}/UpdateStatus`, UpdateStatusRequest, {
      sessionId,
      choice: StatusChoice.STATUS_CHOICE_INVISIBLE,
    }),
  (sessionId) =>
    to(`${PRESENCE}/UpdateStatus`, UpdateStatusRequest, {
      sessionId,
      choice: StatusChoice.STATUS_CHOICE_AUTOMATIC,
    }),
  (sessionId) =>
    to('/presence.v1.SessionService/EndSession', session.EndSessionRequest, { sessionId }),
  () => to(`${PRESENCE}/ListOnlineUsers`, ListOnlineUsersRequest, {}),
  () => ['/grpc.health.v1.Health/Watch', new Uint8Array()],
  () => ['/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', new Uint8Array()],
];

function to<Request>(
  path: string,
  codec: Codec<Request>,
  request: Partial<Request>,
): readonly [string, Uint8Array] {
  return [path, codec.encode(completed(codec, request)).finish()];
}
