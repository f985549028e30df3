import { Payload } from '@nestjs/microservices';
import type { Principal } from '../auth/principal.js';
import { Clock } from '../clock/clock.js';
import { Config } from '../config/config.js';
import { STATUSES } from '../domain/presence.js';
import type { User } from '../domain/user.js';
import { RateLimitAs } from '../api/rate-limit.decorator.js';
import { CHOICE_OF, choicesMessage } from '../api/choices-mapper.js';
import type { Presence as PresenceMessage } from '../api/generated/presence/v1/presence.pb.js';
import {
  PresenceServiceControllerMethods,
  type BatchGetPresencesResponse,
  type Choices,
  type ExplainPresenceResponse,
  type GetPresenceResponse,
  type JoinChannelResponse,
  type LeaveChannelResponse,
  type ListChannelMembersResponse,
  type ListOnlineUsersResponse,
  type PresenceServiceController,
  type UpdateMuteStateResponse,
  type UpdateStatusResponse,
} from '../api/generated/presence/v1/presence_service.pb.js';
import { GrpcController } from '../api/grpc-controller.js';
import { toPresenceMessage, STATUS_ON_WIRE, fromTimestamp } from '../api/proto-mappers.js';
import { CurrentCaller } from '../api/param-decorators.js';
import { explain } from './explain.js';
import { PresenceService, type Page } from './presence.service.js';
import {
  BatchGetPresencesRules,
  ExplainPresenceRules,
  GetPresenceRules,
  JoinChannelRules,
  LeaveChannelRules,
  ListChannelMembersRules,
  ListOnlineUsersRules,
  UpdateMuteStateRules,
  UpdateStatusRules,
} from './dto.js';

@GrpcController()
@PresenceServiceControllerMethods()
export class PresenceController implements PresenceServiceController {
  constructor(
    private readonly presences: PresenceService,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  @RateLimitAs('command')
  async joinChannel(
    @Payload() { sessionId, channelId }: JoinChannelRules,
    @CurrentCaller() caller: Principal,
  ): Promise<JoinChannelResponse> {
    return answer(sessionId, await this.presences.joinChannel(caller, sessionId, channelId));
  }

  @RateLimitAs('command')
  async leaveChannel(
    @Payload() { sessionId }: LeaveChannelRules,
    @CurrentCaller() caller: Principal,
  ): Promise<LeaveChannelResponse> {
    return answer(sessionId, await this.presences.leaveChannel(caller, sessionId));
  }

  @RateLimitAs('command')
  async updateMuteState(
    @Payload() { sessionId, isMicrophoneMuted, isSpeakerMuted }: UpdateMuteStateRules,
    @CurrentCaller() caller: Principal,
  ): Promise<UpdateMuteStateResponse> {
    const mute = { isMicrophoneMuted, isSpeakerMuted };
    return answer(sessionId, await this.presences.setMute(caller, sessionId, mute));
  }

  @RateLimitAs('command')
  async updateStatus(
    @Payload() { sessionId, choice, statusText, expiresAt }: UpdateStatusRules,
    @CurrentCaller() caller: Principal,
  ): Promise<UpdateStatusResponse> {
    const status = { choice: CHOICE_OF[choice], statusText, expiresAt: fromTimestamp(expiresAt) };
    return answer(sessionId, await this.presences.setStatus(caller, sessionId, status));
  }

  async getPresence(
    @Payload() { userId }: GetPresenceRules,
    @CurrentCaller() caller: Principal,
  ): Promise<GetPresenceResponse> {
    return { presence: toPresenceMessage(await this.presences.getPresence(caller, userId)) };
  }

  async batchGetPresences(
    @Payload() { userIds }: BatchGetPresencesRules,
    @CurrentCaller() caller: Principal,
  ): Promise<BatchGetPresencesResponse> {
    const presences = await this.presences.batchGetPresences(caller, userIds);
    return { presences: presences.map(toPresenceMessage) };
  }

  async listOnlineUsers(
    @Payload() request: ListOnlineUsersRules,
    @CurrentCaller() caller: Principal,
  ): Promise<ListOnlineUsersResponse> {
    const statuses = STATUSES.filter((status) => request.statuses.includes(STATUS_ON_WIRE[status]));
    return pageMessage(await this.presences.listOnlineUsers(caller, statuses, request));
  }

  async listChannelMembers(
    @Payload() request: ListChannelMembersRules,
    @CurrentCaller() caller: Principal,
  ): Promise<ListChannelMembersResponse> {
    const { channelId } = request;
    return pageMessage(await this.presences.listChannelMembers(caller, channelId, request));
  }

  async explainPresence(
    @Payload() { userId }: ExplainPresenceRules,
    @CurrentCaller() caller: Principal,
  ): Promise<ExplainPresenceResponse> {
    const user = await this.presences.inspectUser(caller, userId);
    return explain(user, this.clock.now(), this.config.policy);
  }
}

/**
 * Returns the response to a command on the caller's own session. It holds the own presence, which only the user may
 * see.
 */
function answer(
  sessionId: string,
  user: User,
): { readonly presence: PresenceMessage; readonly choices: Choices } {
  return { presence: toPresenceMessage(user.own), choices: choicesMessage(user, sessionId) };
}

function pageMessage({ presences, nextPageToken, totalSize }: Page): ListOnlineUsersResponse {
  return { presences: presences.map(toPresenceMessage), nextPageToken, totalSize };
}
