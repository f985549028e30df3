import type { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';

/** A command that a user can give on a device. */
export type Command =
  | { readonly type: 'join'; readonly channelId: string }
  | { readonly type: 'leave' }
  | { readonly type: 'mute'; readonly change: MuteChange }
  | { readonly type: 'choose'; readonly choice: StatusChoice; readonly statusText: string };

/** An absent field stays unchanged. */
export interface MuteChange {
  readonly isMicrophoneMuted?: boolean;
  readonly isSpeakerMuted?: boolean;
}
