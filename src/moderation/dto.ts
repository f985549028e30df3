import type {
  MoveUserRequest,
  MuteUserRequest,
  RemoveUserRequest,
} from '../api/generated/presence/v1/moderation_service.pb.js';
import { IsGivenUnlessSpeaker, IsIdentifier } from '../api/validators.js';

export class MuteUserRules implements MuteUserRequest {
  @IsIdentifier()
  readonly userId!: string;

  @IsGivenUnlessSpeaker()
  readonly isMicrophoneMuted: boolean | undefined;

  readonly isSpeakerMuted: boolean | undefined;
}

export class MoveUserRules implements MoveUserRequest {
  @IsIdentifier()
  readonly userId!: string;

  @IsIdentifier()
  readonly fromChannelId!: string;

  @IsIdentifier()
  readonly toChannelId!: string;
}

export class RemoveUserRules implements RemoveUserRequest {
  @IsIdentifier()
  readonly userId!: string;

  @IsIdentifier()
  readonly channelId!: string;
}
