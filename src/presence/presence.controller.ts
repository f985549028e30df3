import { Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { Caller } from '../auth/caller.js';
import { Clock } from '../clock/clock.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { LISTED_STATUSES, type Status } from '../domain/presence.js';
import type { User } from '../domain/user.js';
import { CountAs } from '../grpc/call-kind.js';
import { CHOICE_OF, choicesMessage } from '../grpc/choices.js';
import type { Presence as PresenceMessage } from '../grpc/generated/presence/v1/presence.pb.js';
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
} from '../grpc/generated/presence/v1/presence_service.pb.js';
import { GrpcController } from '../grpc/grpc-controller.js';
import { presenceMessage, STATUS_ON_WIRE, timeOf } from '../grpc/messages.js';
import { CurrentCaller } from '../grpc/parameters.js';
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
} from './requests.js';

const STATUSES: readonly Status[] = [...LISTED_STATUSES, 'OFFLINE'];

@GrpcController()
@PresenceServiceControllerMethods()
export class PresenceController implements PresenceServiceController {
  constructor(
    private readonly presences: PresenceService,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @CountAs('command')
  async joinChannel(
    @Payload() { sessionId, channelId }: JoinChannelRules,
    @CurrentCaller() caller: Caller,
  ): Promise<JoinChannelResponse> {
    return answer(sessionId, await this.presences.joinChannel(caller, sessionId, channelId));
  }

  @CountAs('command')
  async leaveChannel(
    @Payload() { sessionId }: LeaveChannelRules,
    @CurrentCaller() caller: Caller,
  ): Promise<LeaveChannelResponse> {
    return answer(sessionId, await this.presences.leaveChannel(caller, sessionId));
  }

  @CountAs('command')
  async updateMuteState(
    @Payload() { sessionId, isMicrophoneMuted, isSpeakerMuted }: UpdateMuteStateRules,
    @CurrentCaller() caller: Caller,
  ): Promise<UpdateMuteStateResponse> {
    const mute = { isMicrophoneMuted, isSpeakerMuted };
    return answer(sessionId, await this.presences.setMute(caller, sessionId, mute));
  }

  @CountAs('command')
  async updateStatus(
    @Payload() { sessionId, choice, statusText, expiresAt }: UpdateStatusRules,
    @CurrentCaller() caller: Caller,
  ): Promise<UpdateStatusResponse> {
    const status = { choice: CHOICE_OF[choice], statusText, expiresAt: timeOf(expiresAt) };
    return answer(sessionId, await this.presences.setStatus(caller, sessionId, status));
  }

  async getPresence(
    @Payload() { userId }: GetPresenceRules,
    @CurrentCaller() caller: Caller,
  ): Promise<GetPresenceResponse> {
    return { presence: presenceMessage(await this.presences.presenceOf(caller, userId)) };
  }

  async batchGetPresences(
    @Payload() { userIds }: BatchGetPresencesRules,
    @CurrentCaller() caller: Caller,
  ): Promise<BatchGetPresencesResponse> {
    const presences = await this.presences.presencesOf(caller, userIds);
    return { presences: presences.map(presenceMessage) };
  }

  async listOnlineUsers(
    @Payload() request: ListOnlineUsersRules,
    @CurrentCaller() caller: Caller,
  ): Promise<ListOnlineUsersResponse> {
    const statuses = STATUSES.filter((status) => request.statuses.includes(STATUS_ON_WIRE[status]));
    return pageMessage(await this.presences.listOnlineUsers(caller, statuses, request));
  }

  async listChannelMembers(
    @Payload() request: ListChannelMembersRules,
    @CurrentCaller() caller: Caller,
  ): Promise<ListChannelMembersResponse> {
    const { channelId } = request;
    return pageMessage(await this.presences.listChannelMembers(caller, channelId, request));
  }

  async explainPresence(
    @Payload() { userId }: ExplainPresenceRules,
    @CurrentCaller() caller: Caller,
  ): Promise<ExplainPresenceResponse> {
    const user = await this.presences.everythingOf(caller, userId);
    return explain(user, this.clock.now(), this.config.policy);
  }
}

/** What a command on a session of the user's own has led to, as only the user may see it. */
function answer(
  sessionId: string,
  user: User,
): { readonly presence: PresenceMessage; readonly choices: Choices } {
  return { presence: presenceMessage(user.own), choices: choicesMessage(user, sessionId) };
}

function pageMessage({ presences, nextPageToken, totalSize }: Page): ListOnlineUsersResponse {
  return { presences: presences.map(presenceMessage), nextPageToken, totalSize };
}
