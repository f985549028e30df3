import { Metadata, type ServiceError } from '@grpc/grpc-js';
import {
  SubscribeRequest,
  SubscribeResponse,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
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

/** A session of a test: its stream and its first message. */
export interface OpenSession {
  readonly sessionId: string;
  readonly started: session.SessionStarted;
  readonly stream: StreamReader<session.ConnectResponse>;
}

/**
 * A real client of one user, over gRPC by default, with one connection to each address. It
 * distributes its calls over the addresses in turn. Absent request fields have their default
 * values.
 */
export class Client {
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
    if (body?.$case !== 'sessionStarted') throw new Error('session_started does not come first');
    return { sessionId: body.value.session!.sessionId, started: body.value, stream };
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

  subscribe(request: Partial<SubscribeRequest> = {}): SubscriptionReader {
    const complete = completed(SubscribeRequest, request);
    return new SubscriptionReader(
      this.stream('EventsService/Subscribe', SubscribeRequest, SubscribeResponse, complete),
    );
  }

  heartbeat(request: Partial<session.HeartbeatRequest>): Promise<session.HeartbeatResponse> {
    const { HeartbeatRequest, HeartbeatResponse } = session;
    return this.call('SessionService/Heartbeat', HeartbeatRequest, HeartbeatResponse, request);
  }

  recordActivity(
    request: Partial<session.RecordActivityRequest>,
  ): Promise<session.RecordActivityResponse> {
    const { RecordActivityRequest, RecordActivityResponse } = session;
    return this.call(
      'SessionService/RecordActivity',
      RecordActivityRequest,
      RecordActivityResponse,
      request,
    );
  }

  listSessions(
    request: Partial<session.ListSessionsRequest> = {},
  ): Promise<session.ListSessionsResponse> {
    const { ListSessionsRequest, ListSessionsResponse } = session;
    return this.call(
      'SessionService/ListSessions',
      ListSessionsRequest,
      ListSessionsResponse,
      request,
    );
  }

  endSession(request: Partial<session.EndSessionRequest>): Promise<session.EndSessionResponse> {
    const { EndSessionRequest, EndSessionResponse } = session;
    return this.call('SessionService/EndSession', EndSessionRequest, EndSessionResponse, request);
  }

  joinChannel(
    request: Partial<presence.JoinChannelRequest>,
  ): Promise<presence.JoinChannelResponse> {
    const { JoinChannelRequest, JoinChannelResponse } = presence;
    return this.call(
      'PresenceService/JoinChannel',
      JoinChannelRequest,
      JoinChannelResponse,
      request,
    );
  }

  leaveChannel(
    request: Partial<presence.LeaveChannelRequest>,
  ): Promise<presence.LeaveChannelResponse> {
    const { LeaveChannelRequest, LeaveChannelResponse } = presence;
    return this.call(
      'PresenceService/LeaveChannel',
      LeaveChannelRequest,
      LeaveChannelResponse,
      request,
    );
  }

  updateMuteState(
    request: Partial<presence.UpdateMuteStateRequest>,
  ): Promise<presence.UpdateMuteStateResponse> {
    const { UpdateMuteStateRequest, UpdateMuteStateResponse } = presence;
    return this.call(
      'PresenceService/UpdateMuteState',
      UpdateMuteStateRequest,
      UpdateMuteStateResponse,
      request,
    );
  }

  updateStatus(
    request: Partial<presence.UpdateStatusRequest>,
  ): Promise<presence.UpdateStatusResponse> {
    const { UpdateStatusRequest, UpdateStatusResponse } = presence;
    return this.call(
      'PresenceService/UpdateStatus',
      UpdateStatusRequest,
      UpdateStatusResponse,
      request,
    );
  }

  getPresence(
    request: Partial<presence.GetPresenceRequest>,
  ): Promise<presence.GetPresenceResponse> {
    const { GetPresenceRequest, GetPresenceResponse } = presence;
    return this.call(
      'PresenceService/GetPresence',
      GetPresenceRequest,
      GetPresenceResponse,
      request,
    );
  }

  batchGetPresences(
    request: Partial<presence.BatchGetPresencesRequest>,
  ): Promise<presence.BatchGetPresencesResponse> {
    const { BatchGetPresencesRequest, BatchGetPresencesResponse } = presence;
    return this.call(
      'PresenceService/BatchGetPresences',
      BatchGetPresencesRequest,
      BatchGetPresencesResponse,
      request,
    );
  }

  explainPresence(
    request: Partial<presence.ExplainPresenceRequest>,
  ): Promise<presence.ExplainPresenceResponse> {
    const { ExplainPresenceRequest, ExplainPresenceResponse } = presence;
    return this.call(
      'PresenceService/ExplainPresence',
      ExplainPresenceRequest,
      ExplainPresenceResponse,
      request,
    );
  }

  listOnlineUsers(
    request: Partial<presence.ListOnlineUsersRequest> = {},
  ): Promise<presence.ListOnlineUsersResponse> {
    const { ListOnlineUsersRequest, ListOnlineUsersResponse } = presence;
    return this.call(
      'PresenceService/ListOnlineUsers',
      ListOnlineUsersRequest,
      ListOnlineUsersResponse,
      request,
    );
  }

  listChannelMembers(
    request: Partial<presence.ListChannelMembersRequest>,
  ): Promise<presence.ListChannelMembersResponse> {
    const { ListChannelMembersRequest, ListChannelMembersResponse } = presence;
    return this.call(
      'PresenceService/ListChannelMembers',
      ListChannelMembersRequest,
      ListChannelMembersResponse,
      request,
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

  private call<Request, Response>(
    method: string,
    requests: Codec<Request>,
    responses: Codec<Response>,
    request: Partial<Request>,
  ): Promise<Response> {
    return this.unary(method, requests, responses, completed(requests, request));
  }

  private unary<Request, Response>(
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

export function completed<Request>(codec: Codec<Request>, request: Partial<Request>): Request {
  return { ...codec.decode(new Uint8Array()), ...request };
}

function serializer<Message>(codec: Codec<Message>): (message: Message) => Buffer {
  return (message) => Buffer.from(codec.encode(message).finish());
}
