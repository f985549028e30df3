import { IsStatusChoice, IsStatusText, IsTimestampIfGiven } from '../api/choice-validators.js';
import type { Timestamp } from '../api/generated/google/protobuf/timestamp.pb.js';
import type { PresenceStatus } from '../api/generated/presence/v1/presence.pb.js';
import type {
  StatusChoice,
  BatchGetPresencesRequest,
  ExplainPresenceRequest,
  GetPresenceRequest,
  JoinChannelRequest,
  LeaveChannelRequest,
  ListChannelMembersRequest,
  ListOnlineUsersRequest,
  UpdateMuteStateRequest,
  UpdateStatusRequest,
} from '../api/generated/presence/v1/presence_service.pb.js';
import { STATUS_ON_WIRE } from '../api/proto-mappers.js';
import { MAX_BATCH } from '../api/request-limits.js';
import { AreIdentifiers, AreOneOf, IsIdentifier, rule } from '../api/validators.js';

export class JoinChannelRules implements JoinChannelRequest {
  @IsIdentifier()
  readonly sessionId!: string;

  @IsIdentifier()
  readonly channelId!: string;
}

export class LeaveChannelRules implements LeaveChannelRequest {
  @IsIdentifier()
  readonly sessionId!: string;
}

export class UpdateMuteStateRules implements UpdateMuteStateRequest {
  @IsIdentifier()
  readonly sessionId!: string;

  @rule(
    'isMuteState',
    (value, request) =>
      value !== undefined || (request as UpdateMuteStateRules).isSpeakerMuted !== undefined,
    'or is_speaker_muted must be given',
  )
  readonly isMicrophoneMuted: boolean | undefined;

  readonly isSpeakerMuted: boolean | undefined;
}

export class UpdateStatusRules implements UpdateStatusRequest {
  @IsIdentifier()
  readonly sessionId!: string;

  @IsStatusChoice()
  readonly choice!: StatusChoice;

  @IsStatusText()
  readonly statusText!: string;

  @IsTimestampIfGiven()
  readonly expiresAt: Timestamp | undefined;
}

export class GetPresenceRules implements GetPresenceRequest {
  @IsIdentifier()
  readonly userId!: string;
}

export class BatchGetPresencesRules implements BatchGetPresencesRequest {
  @AreIdentifiers(1, MAX_BATCH)
  readonly userIds!: string[];
}

export class ExplainPresenceRules implements ExplainPresenceRequest {
  @IsIdentifier()
  readonly userId!: string;
}

export class ListOnlineUsersRules implements ListOnlineUsersRequest {
  @IsPageSize()
  readonly pageSize!: number;

  readonly pageToken!: string;

  @AreOneOf(STATUS_ON_WIRE)
  readonly statuses!: PresenceStatus[];
}

export class ListChannelMembersRules implements ListChannelMembersRequest {
  @IsIdentifier()
  readonly channelId!: string;

  @IsPageSize()
  readonly pageSize!: number;

  readonly pageToken!: string;
}

function IsPageSize(): PropertyDecorator {
  return rule('isPageSize', (value) => (value as number) >= 0, 'must not be negative');
}
