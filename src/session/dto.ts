import { AreAttributes } from '../api/attribute-validators.js';
import { AreChoicesIfGiven, IsTimestampIfGiven } from '../api/choice-validators.js';
import type { Timestamp } from '../api/generated/google/protobuf/timestamp.pb.js';
import type { Choices } from '../api/generated/presence/v1/presence_service.pb.js';
import type {
  ConnectRequest,
  EndSessionRequest,
  HeartbeatRequest,
  ListSessionsRequest,
  RecordActivityRequest,
  RevokeTokensRequest,
} from '../api/generated/presence/v1/session_service.pb.js';
import { IsIdentifier, IsIdentifierIfGiven, IsIdentifierOrEmpty, rule } from '../api/validators.js';

const PLATFORM = /^[a-z0-9-]{0,32}$/;

export class ConnectRules implements ConnectRequest {
  @rule(
    'isPlatform',
    (value) => typeof value === 'string' && PLATFORM.test(value),
    'must be at most 32 lower-case letters, digits and dashes',
  )
  readonly platform!: string;
  readonly isMicrophoneMuted?: boolean | undefined;
  readonly isSpeakerMuted?: boolean | undefined;
  readonly requireHeartbeats!: boolean;

  @AreAttributes()
  readonly attributes!: Map<string, string>;

  @IsIdentifierOrEmpty()
  readonly previousSessionId!: string;

  @AreChoicesIfGiven()
  readonly choices: Choices | undefined;
}

export class HeartbeatRules implements HeartbeatRequest {
  @IsIdentifier()
  readonly sessionId!: string;
}

export class RecordActivityRules implements RecordActivityRequest {
  @rule('isTarget', (value) => value !== undefined, 'must be a session_id or a user_id')
  readonly target: RecordActivityRequest['target'];

  @IsIdentifierIfGiven()
  get sessionId(): string | undefined {
    return this.target?.$case === 'sessionId' ? this.target.value : undefined;
  }

  @IsIdentifierIfGiven()
  get userId(): string | undefined {
    return this.target?.$case === 'userId' ? this.target.value : undefined;
  }
}

export class ListSessionsRules implements ListSessionsRequest {
  @IsIdentifierOrEmpty()
  readonly userId!: string;
}

export class EndSessionRules implements EndSessionRequest {
  @IsIdentifier()
  readonly sessionId!: string;
}

export class RevokeTokensRules implements RevokeTokensRequest {
  @IsIdentifier()
  readonly userId!: string;

  @IsTimestampIfGiven()
  readonly issuedBefore: Timestamp | undefined;
}
