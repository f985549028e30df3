import {
  ModerationServiceControllerMethods,
  type ModerationServiceController,
  type MoveUserResponse,
  type MuteUserResponse,
  type RemoveUserResponse,
} from '../api/generated/presence/v1/moderation_service.pb.js';
import { GrpcController } from '../api/grpc-controller.js';
import { CurrentCaller, CurrentRequestId, RequestMessage } from '../api/param-decorators.js';
import { toPresenceMessage } from '../api/proto-mappers.js';
import { AuditLog } from '../audit/audit-log.js';
import type { Principal } from '../auth/principal.js';
import { MoveUserRules, MuteUserRules, RemoveUserRules } from './dto.js';
import { ModerationService } from './moderation.service.js';

@GrpcController()
@ModerationServiceControllerMethods()
export class ModerationController implements ModerationServiceController {
  constructor(
    private readonly moderation: ModerationService,
    private readonly audit: AuditLog,
  ) {}

  async muteUser(
    @RequestMessage() { userId, ...mute }: MuteUserRules,
    @CurrentCaller() caller: Principal,
    @CurrentRequestId() requestId: string,
  ): Promise<MuteUserResponse> {
    const presence = await this.moderation.muteUser(caller, userId, mute);
    this.audit.record('mute user', caller, { userId, requestId, ...mute });
    return { presence: toPresenceMessage(presence) };
  }

  async moveUser(
    @RequestMessage() { userId, fromChannelId, toChannelId }: MoveUserRules,
    @CurrentCaller() caller: Principal,
    @CurrentRequestId() requestId: string,
  ): Promise<MoveUserResponse> {
    const presence = await this.moderation.moveUser(caller, userId, fromChannelId, toChannelId);
    const subject = { userId, requestId, channelId: fromChannelId, toChannelId };
    this.audit.record('move user', caller, subject);
    return { presence: toPresenceMessage(presence) };
  }

  async removeUser(
    @RequestMessage() { userId, channelId }: RemoveUserRules,
    @CurrentCaller() caller: Principal,
    @CurrentRequestId() requestId: string,
  ): Promise<RemoveUserResponse> {
    const presence = await this.moderation.removeUser(caller, userId, channelId);
    this.audit.record('remove user', caller, { userId, requestId, channelId });
    return { presence: toPresenceMessage(presence) };
  }
}
