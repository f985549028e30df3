import type { Principal } from '../auth/principal.js';
import { Clock } from '../clock/clock.js';
import { Config } from '../config/config.js';
import { STATUSES } from '../domain/presence.js';
import type { User } from '../domain/user.js';
import { CHOICE_OF, choicesMessage } from '../api/choices-mapper.js';
import type { Presence as PresenceMessage } from '../api/generated/presence/v1/presence.pb.js';
import {
  PresenceServiceControllerMethods,
  type BatchGetPresencesResponse,
  type CountPresencesResponse,
  type Choices,
  type ExplainPresenceResponse,
  type GetHiddenFromResponse,
  type GetPresenceResponse,
  type JoinChannelResponse,
  type LeaveChannelResponse,
  type ListChannelMembersResponse,
  type ListOnlineUsersResponse,
  type PresenceServiceController,
  type UpdateAttributesResponse,
  type UpdateHiddenFromResponse,
  type UpdateMuteStateResponse,
  type UpdateStatusResponse,
} from '../api/generated/presence/v1/presence_service.pb.js';
import { GrpcController } from '../api/grpc-controller.js';
import { countMessage } from '../api/count-mapper.js';
import { AuditLog } from '../audit/audit-log.js';
import { toPresenceMessage, STATUS_ON_WIRE, fromTimestamp } from '../api/proto-mappers.js';
import { CurrentCaller, CurrentRequestId, RequestMessage } from '../api/param-decorators.js';
import { explain } from './explain.js';
import type { Page } from './page-reader.js';
import { PresenceService } from './presence.service.js';
import {
  BatchGetPresencesRules,
  CountPresencesRules,
  ExplainPresenceRules,
  GetHiddenFromRules,
  GetPresenceRules,
  JoinChannelRules,
  LeaveChannelRules,
  ListChannelMembersRules,
  ListOnlineUsersRules,
  UpdateAttributesRules,
  UpdateHiddenFromRules,
  UpdateMuteStateRules,
  UpdateStatusRules,
} from './dto.js';

@GrpcController()
@PresenceServiceControllerMethods()
export class PresenceController implements PresenceServiceController {
  constructor(
    private readonly presences: PresenceService,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  async joinChannel(
    @RequestMessage() { sessionId, channelId, keepOthers }: JoinChannelRules,
    @CurrentCaller() caller: Principal,
  ): Promise<JoinChannelResponse> {
    const user = await this.presences.joinChannel(caller, sessionId, channelId, keepOthers);
    return answer(sessionId, user);
  }

  async leaveChannel(
    @RequestMessage() { sessionId, channelId }: LeaveChannelRules,
    @CurrentCaller() caller: Principal,
  ): Promise<LeaveChannelResponse> {
    const channel = channelId || undefined;
    return answer(sessionId, await this.presences.leaveChannel(caller, sessionId, channel));
  }

  async updateMuteState(
    @RequestMessage() { sessionId, isMicrophoneMuted, isSpeakerMuted }: UpdateMuteStateRules,
    @CurrentCaller() caller: Principal,
  ): Promise<UpdateMuteStateResponse> {
    const mute = { isMicrophoneMuted, isSpeakerMuted };
    return answer(sessionId, await this.presences.setMute(caller, sessionId, mute));
  }

  async updateStatus(
    @RequestMessage() { sessionId, userId, choice, statusText, expiresAt }: UpdateStatusRules,
    @CurrentCaller() caller: Principal,
    @CurrentRequestId() requestId: string,
  ): Promise<UpdateStatusResponse> {
    const status = { choice: CHOICE_OF[choice], statusText, expiresAt: fromTimestamp(expiresAt) };
    if (userId === '')
      return answer(sessionId, await this.presences.setStatus(caller, sessionId, status));
    const presence = await this.presences.setStatusOf(caller, userId, status);
    this.audit.record('set status', caller, { userId, requestId });
    return { presence: toPresenceMessage(presence), choices: undefined };
  }

  async updateAttributes(
    @RequestMessage() { sessionId, set, remove, expiresIn, isPassive }: UpdateAttributesRules,
    @CurrentCaller() caller: Principal,
  ): Promise<UpdateAttributesResponse> {
    const expiresInMs = expiresIn && expiresIn.seconds * 1000 + Math.ceil(expiresIn.nanos / 1e6);
    const changes = { set, remove, expiresInMs, isPassive };
    const user = await this.presences.setAttributes(caller, sessionId, changes);
    return { presence: toPresenceMessage(user.own) };
  }

  async updateHiddenFrom(
    @RequestMessage() { userIds, userId }: UpdateHiddenFromRules,
    @CurrentCaller() caller: Principal,
    @CurrentRequestId() requestId: string,
  ): Promise<UpdateHiddenFromResponse> {
    const subject = userId || caller.userId;
    await this.presences.hideFrom(caller, subject, userIds);
    if (subject !== caller.userId)
      this.audit.record('hide from', caller, { userId: subject, requestId });
    return {};
  }

  async getHiddenFrom(
    @RequestMessage() { userId }: GetHiddenFromRules,
    @CurrentCaller() caller: Principal,
  ): Promise<GetHiddenFromResponse> {
    const userIds = await this.presences.hiddenFrom(caller, userId || caller.userId);
    return { userIds: [...userIds] };
  }

  async getPresence(
    @RequestMessage() { userId }: GetPresenceRules,
    @CurrentCaller() caller: Principal,
  ): Promise<GetPresenceResponse> {
    return { presence: toPresenceMessage(await this.presences.getPresence(caller, userId)) };
  }

  async batchGetPresences(
    @RequestMessage() { userIds }: BatchGetPresencesRules,
    @CurrentCaller() caller: Principal,
  ): Promise<BatchGetPresencesResponse> {
    const presences = await this.presences.batchGetPresences(caller, userIds, toPresenceMessage);
    return { presences: [...presences] };
  }

  async listOnlineUsers(
    @RequestMessage() request: ListOnlineUsersRules,
    @CurrentCaller() caller: Principal,
  ): Promise<ListOnlineUsersResponse> {
    const statuses = STATUSES.filter((status) => request.statuses.includes(STATUS_ON_WIRE[status]));
    const { groupId } = request;
    const filter = { statuses, groupId };
    return pageMessage(await this.presences.listOnlineUsers(caller, filter, request));
  }

  async listChannelMembers(
    @RequestMessage() request: ListChannelMembersRules,
    @CurrentCaller() caller: Principal,
  ): Promise<ListChannelMembersResponse> {
    const { channelId } = request;
    return pageMessage(await this.presences.listChannelMembers(caller, channelId, request));
  }

  async countPresences(
    @RequestMessage() { channelIds, groupIds }: CountPresencesRules,
    @CurrentCaller() caller: Principal,
  ): Promise<CountPresencesResponse> {
    const counts = await this.presences.countPresences(caller, channelIds, groupIds);
    return { counts: counts.map(([scope, count]) => countMessage(scope, count)) };
  }

  async explainPresence(
    @RequestMessage() { userId }: ExplainPresenceRules,
    @CurrentCaller() caller: Principal,
    @CurrentRequestId() requestId: string,
  ): Promise<ExplainPresenceResponse> {
    const user = await this.presences.inspectUser(caller, userId);
    this.audit.record('explain', caller, { userId, requestId });
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
