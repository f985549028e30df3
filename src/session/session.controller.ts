import { map, type Observable } from 'rxjs';
import type { Principal } from '../auth/principal.js';
import { choicesMessage, rememberedOf } from '../api/choices-mapper.js';
import {
  SessionServiceControllerMethods,
  type ConnectResponse,
  type EndSessionResponse,
  type HeartbeatResponse,
  type ListSessionsResponse,
  type RecordActivityResponse,
  type RevokeTokensResponse,
  type SessionServiceController,
} from '../api/generated/presence/v1/session_service.pb.js';
import { GrpcController } from '../api/grpc-controller.js';
import { millisecondsOf, toPresenceMessage, sessionMessage } from '../api/proto-mappers.js';
import {
  CurrentCaller,
  CurrentRequestId,
  CurrentStreamingCall,
  RequestMessage,
  StreamingCall,
} from '../api/param-decorators.js';
import { liveSessions } from '../domain/user.js';
import {
  ConnectRules,
  EndSessionRules,
  HeartbeatRules,
  ListSessionsRules,
  RecordActivityRules,
  RevokeTokensRules,
} from './dto.js';
import type { SessionMessage } from './session-stream.js';
import { SessionService } from './session.service.js';

const UNKNOWN_PLATFORM = 'unknown';

@GrpcController()
@SessionServiceControllerMethods()
export class SessionController implements SessionServiceController {
  constructor(private readonly sessions: SessionService) {}

  connect(
    @RequestMessage() request: ConnectRules,
    @CurrentStreamingCall() { caller, stream, requestId }: StreamingCall,
  ): Observable<ConnectResponse> {
    const options = {
      platform: request.platform || UNKNOWN_PLATFORM,
      isMicrophoneMuted: request.isMicrophoneMuted,
      isSpeakerMuted: request.isSpeakerMuted,
      requireHeartbeats: request.requireHeartbeats,
      previousSessionId: request.previousSessionId || undefined,
      attributes: request.attributes,
      remembered: request.choices && rememberedOf(request.choices),
    };
    return this.sessions
      .connect(caller, options, stream, requestId)
      .pipe(map((signal) => ({ body: bodyOf(signal) })));
  }

  async heartbeat(
    @RequestMessage() { sessionId }: HeartbeatRules,
    @CurrentCaller() caller: Principal,
  ): Promise<HeartbeatResponse> {
    await this.sessions.heartbeat(caller, sessionId);
    return {};
  }

  async recordActivity(
    @RequestMessage() { target }: RecordActivityRules,
    @CurrentCaller() caller: Principal,
  ): Promise<RecordActivityResponse> {
    const presence =
      target!.$case === 'userId'
        ? await this.sessions.recordActivityOf(caller, target!.value)
        : await this.sessions.recordActivity(caller, target!.value);
    return { presence: toPresenceMessage(presence) };
  }

  async listSessions(
    @RequestMessage() request: ListSessionsRules,
    @CurrentCaller() caller: Principal,
  ): Promise<ListSessionsResponse> {
    const userId = request.userId || caller.userId;
    const user = await this.sessions.userWithSessions(caller, userId);
    return { sessions: liveSessions(user).map((session) => sessionMessage(user, session)) };
  }

  async revokeTokens(
    @RequestMessage() { userId, issuedBefore }: RevokeTokensRules,
    @CurrentCaller() caller: Principal,
    @CurrentRequestId() requestId: string,
  ): Promise<RevokeTokensResponse> {
    const moment = issuedBefore && millisecondsOf(issuedBefore);
    const endedSessions = await this.sessions.revokeTokens(caller, userId, moment, requestId);
    return { endedSessions };
  }

  async endSession(
    @RequestMessage() { sessionId }: EndSessionRules,
    @CurrentCaller() caller: Principal,
    @CurrentRequestId() requestId: string,
  ): Promise<EndSessionResponse> {
    return { wasLive: await this.sessions.endSession(caller, sessionId, requestId) };
  }
}

function bodyOf(signal: SessionMessage): ConnectResponse['body'] {
  switch (signal.type) {
    case 'started': {
      const { session, user, heartbeatTimeoutMs } = signal;
      const value = {
        session: sessionMessage(user, session),
        presence: toPresenceMessage(user.own),
        heartbeatTimeoutMs,
        choices: choicesMessage(user, session.sessionId),
      };
      return { $case: 'sessionStarted', value };
    }
    case 'draining': {
      const { reconnectAfterMs } = signal;
      return { $case: 'sessionDraining', value: { reconnectAfterMs } };
    }
    case 'choices':
      return { $case: 'choices', value: choicesMessage(signal.user, signal.sessionId) };
    case 'heartbeat':
      return undefined;
  }
  return signal satisfies never;
}
