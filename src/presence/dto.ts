import { AreAttributeKeys, AreAttributes } from '../api/attribute-validators.js';
import { MAX_HIDDEN_FROM } from '../domain/access-rules.js';
import { isIdentifier } from '../domain/identifier.js';
import { IsStatusChoice, IsStatusText, IsTimestampIfGiven } from '../api/choice-validators.js';
import type { Duration } from '../api/generated/google/protobuf/duration.pb.js';
import type { Timestamp } from '../api/generated/google/protobuf/timestamp.pb.js';
import type { PresenceStatus } from '../api/generated/presence/v1/presence.pb.js';
import type {
  StatusChoice,
  BatchGetPresencesRequest,
  CountPresencesRequest,
  ExplainPresenceRequest,
  GetHiddenFromRequest,
  GetPresenceRequest,
  JoinChannelRequest,
  LeaveChannelRequest,
  ListChannelMembersRequest,
  ListOnlineUsersRequest,
  UpdateAttributesRequest,
  UpdateHiddenFromRequest,
  UpdateMuteStateRequest,
  UpdateStatusRequest,
} from '../api/generated/presence/v1/presence_service.pb.js';
import { STATUS_ON_WIRE } from '../api/proto-mappers.js';
import { MAX_BATCH, MAX_COUNTED_CHANNELS, MAX_COUNTED_GROUPS } from '../api/request-limits.js';
import {
  AreIdentifiers,
  AreOneOf,
  IsGivenUnlessSpeaker,
  IsIdentifier,
  IsIdentifierOrEmpty,
  rule,
} from '../api/validators.js';

export class JoinChannelRules implements JoinChannelRequest {
  @IsIdentifier()
  readonly sessionId!: string;

  @IsIdentifier()
  readonly channelId!: string;

  readonly keepOthers!: boolean;
}

export class LeaveChannelRules implements LeaveChannelRequest {
  @IsIdentifier()
  readonly sessionId!: string;

  @IsIdentifierOrEmpty()
  readonly channelId!: string;
}

export class UpdateMuteStateRules implements UpdateMuteStateRequest {
  @IsIdentifier()
  readonly sessionId!: string;

  @IsGivenUnlessSpeaker()
  readonly isMicrophoneMuted: boolean | undefined;

  readonly isSpeakerMuted: boolean | undefined;
}

export class UpdateStatusRules implements UpdateStatusRequest {
  @rule(
    'isSessionUnlessUser',
    (value, request) =>
      (request as UpdateStatusRules).userId === '' ? isIdentifier(value) : value === '',
    'must be 1 to 128 characters, none of them a control character, or empty if user_id is given',
  )
  readonly sessionId!: string;

  @IsIdentifierOrEmpty()
  readonly userId!: string;

  @IsStatusChoice()
  readonly choice!: StatusChoice;

  @IsStatusText()
  readonly statusText!: string;

  @IsTimestampIfGiven()
  readonly expiresAt: Timestamp | undefined;
}

export class UpdateAttributesRules implements UpdateAttributesRequest {
  @IsIdentifier()
  readonly sessionId!: string;

  @AreAttributes()
  readonly set!: Map<string, string>;

  @AreAttributeKeys()
  readonly remove!: string[];

  @rule(
    'isLifetime',
    (value) => value === undefined || isLifetime(value as Duration),
    'must be more than zero and at most 24 hours',
  )
  readonly expiresIn: Duration | undefined;

  readonly isPassive!: boolean;
}

export class CountPresencesRules implements CountPresencesRequest {
  @AreIdentifiers(0, MAX_COUNTED_CHANNELS)
  readonly channelIds!: string[];

  @AreIdentifiers(0, MAX_COUNTED_GROUPS)
  readonly groupIds!: string[];
}

export class UpdateHiddenFromRules implements UpdateHiddenFromRequest {
  @AreIdentifiers(0, MAX_HIDDEN_FROM)
  readonly userIds!: string[];

  @IsIdentifierOrEmpty()
  readonly userId!: string;
}

export class GetHiddenFromRules implements GetHiddenFromRequest {
  @IsIdentifierOrEmpty()
  readonly userId!: string;
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

  @IsIdentifierOrEmpty()
  readonly groupId!: string;
}

export class ListChannelMembersRules implements ListChannelMembersRequest {
  @IsIdentifier()
  readonly channelId!: string;

  @IsPageSize()
  readonly pageSize!: number;

  readonly pageToken!: string;
}

const MAX_LIFETIME_SECONDS = 86_400;

function isLifetime({ seconds, nanos }: Duration): boolean {
  const total = seconds + nanos / 1e9;
  return nanos >= 0 && nanos <= 999_999_999 && total > 0 && total <= MAX_LIFETIME_SECONDS;
}

function IsPageSize(): PropertyDecorator {
  return rule('isPageSize', (value) => (value as number) >= 0, 'must not be negative');
}
