import { Metadata, type ServiceError } from '@grpc/grpc-js';
import type { Observable } from 'rxjs';
import { SERVICES } from '../../src/api/codecs.js';
import * as events from '../../src/api/generated/presence/v1/events_service.pb.js';
import * as moderation from '../../src/api/generated/presence/v1/moderation_service.pb.js';
import * as presence from '../../src/api/generated/presence/v1/presence_service.pb.js';
import * as session from '../../src/api/generated/presence/v1/session_service.pb.js';
import { grpcChannel, type CallStream, type Channel } from './channel.js';
import { StreamReader } from './stream-reader.js';
import { SubscriptionReader } from './subscription-reader.js';

export interface Codec<Message> {
  encode(message: Message): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Message;
}

export interface CallOptions {
  /** The RPC deadline, in milliseconds from now. */
  readonly deadlineMs?: number;
}

/** A codec that passes bytes unchanged. */
const RAW: Codec<Buffer> = {
  encode: (message) => ({ finish: () => message }),
  decode: (bytes) => Buffer.from(bytes),
};

/** The messages of the contract, by name. */
const CODECS = { ...session, ...presence, ...events, ...moderation } as unknown as Readonly<
  Record<string, Codec<object>>
>;

type Contract = session.SessionServiceClient &
  presence.PresenceServiceClient &
  events.EventsServiceClient &
  moderation.ModerationServiceClient;

/** The unary methods of the contract. Absent request fields have their default values. */
export type UnaryCalls = {
  readonly [
    Method in Exclude<keyof Contract, 'connect' | 'subscribe' | 'watchCounts'>
  ]: Contract[Method] extends (request: infer Request) => Observable<infer Response>
    ? (request?: Partial<Request>) => Promise<Response>
    : never;
};

/** A session of a test: its stream and its first message. */
export interface OpenSession {
  readonly sessionId: string;
  readonly started: session.SessionStarted;
  readonly stream: StreamReader<session.ConnectResponse>;
}

/** The streams of a client and its connections. `Client` adds the unary methods. */
class StreamingClient {
  private readonly channels: readonly Channel[];
  private readonly metadata = new Metadata();
  private calls = 0;

  constructor(
    addresses: readonly string[],
    token: string | undefined,
    channelTo: (address: string) => Channel = grpcChannel,
  ) {
    this.channels = addresses.map((address) => channelTo(address));
    if (token !== undefined) this.metadata.set('authorization', `Bearer ${token}`);
  }

  /** Begins a session and waits until it has started. */
  async connect(
    request: Partial<session.ConnectRequest> = {},
    options: CallOptions = {},
  ): Promise<OpenSession> {
    const stream = this.openSession(request, options);
    const { body } = await stream.next();
    if (body?.$case !== 'sessionStarted')
      throw new Error('the first message is not session_started');
    return { sessionId: body.value.session!.sessionId, started: body.value, stream };
  }

  /** Begins a session with a deadline that soon passes. A busy machine gets a longer one. */
  async connectForShort(): Promise<OpenSession> {
    for (let deadlineMs = 300; ; deadlineMs *= 2) {
      const session = await this.connect({}, { deadlineMs }).catch(() => undefined);
      if (session !== undefined) return session;
    }
  }

  /** Opens the stream of a session without reading from it. */
  openSession(
    request: Partial<session.ConnectRequest> = {},
    options: CallOptions = {},
  ): StreamReader<session.ConnectResponse> {
    const { ConnectRequest, ConnectResponse } = session;
    const complete = completed(ConnectRequest, request);
    return new StreamReader(
      this.stream('SessionService/Connect', ConnectRequest, ConnectResponse, complete, options),
    );
  }

  subscribe(request: Partial<events.SubscribeRequest> = {}): SubscriptionReader {
    const { SubscribeRequest, SubscribeResponse } = events;
    const complete = completed(SubscribeRequest, request);
    return new SubscriptionReader(
      this.stream('EventsService/Subscribe', SubscribeRequest, SubscribeResponse, complete),
    );
  }

  watchCounts(
    request: Partial<events.WatchCountsRequest> = {},
  ): StreamReader<events.WatchCountsResponse> {
    const { WatchCountsRequest, WatchCountsResponse } = events;
    const complete = completed(WatchCountsRequest, request);
    return new StreamReader(
      this.stream('EventsService/WatchCounts', WatchCountsRequest, WatchCountsResponse, complete),
    );
  }

  /** Sends any bytes to any unary method. */
  callWithBytes(method: string, bytes: Buffer): Promise<Buffer> {
    return this.unary(method, RAW, RAW, bytes);
  }

  /** Sends any bytes to any server-streaming method. */
  streamWithBytes(method: string, bytes: Buffer): StreamReader<Buffer> {
    return new StreamReader(this.stream(method, RAW, RAW, bytes));
  }

  close(): void {
    for (const channel of this.channels) channel.close();
  }

  private nextChannel(): Channel {
    return this.channels[this.calls++ % this.channels.length]!;
  }

  protected unary<Request, Response>(
    method: string,
    requests: Codec<Request>,
    responses: Codec<Response>,
    request: Request,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.nextChannel().makeUnaryRequest(
        `/presence.v1.${method}`,
        serializer(requests),
        (bytes) => responses.decode(bytes),
        request,
        this.metadata,
        (error: ServiceError | null, response) => (error ? reject(error) : resolve(response!)),
      );
    });
  }

  private stream<Request, Response>(
    method: string,
    requests: Codec<Request>,
    responses: Codec<Response>,
    request: Request,
    { deadlineMs = Infinity }: CallOptions = {},
  ): CallStream<Response> {
    return this.nextChannel().makeServerStreamRequest(
      `/presence.v1.${method}`,
      serializer(requests),
      (bytes) => responses.decode(bytes),
      request,
      this.metadata,
      { deadline: Date.now() + deadlineMs },
    );
  }
}

/**
 * A real client of one user, over gRPC by default, with one connection to each address. It
 * distributes its calls over the addresses in turn. Its unary methods come from the contract.
 */
export type Client = StreamingClient & UnaryCalls;

class CompleteClient extends StreamingClient {
  constructor(...options: ConstructorParameters<typeof StreamingClient>) {
    super(...options);
    const calls = SERVICES.flatMap(({ methods }) => methods)
      .filter(({ methodKind }) => methodKind === 'unary')
      .map(({ name, localName, parent }) => {
        const path = `${parent.name}/${name}`;
        const [requests, responses] = [CODECS[`${name}Request`]!, CODECS[`${name}Response`]!];
        const call = (request: object = {}): Promise<object> =>
          this.unary(path, requests, responses, completed(requests, request));
        return [localName, call] as const;
      });
    Object.assign(this, Object.fromEntries(calls));
  }
}

export const Client = CompleteClient as new (
  ...options: ConstructorParameters<typeof StreamingClient>
) => Client;

export function completed<Request>(codec: Codec<Request>, request: Partial<Request>): Request {
  return { ...codec.decode(new Uint8Array()), ...request };
}

function serializer<Message>(codec: Codec<Message>): (message: Message) => Buffer {
  return (message) => Buffer.from(codec.encode(message).finish());
}
