import type { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';

/** A command that a user can give on a device. */
export type Command =
  | { readonly type: 'join'; readonly channelId: string; readonly keepOthers: boolean }
  /** Undefined: all channels. */
  | { readonly type: 'leave'; readonly channelId: string | undefined }
  | { readonly type: 'mute'; readonly change: MuteChange }
  | { readonly type: 'choose'; readonly choice: StatusChoice; readonly statusText: string }
  | {
      readonly type: 'attributes';
      readonly set: ReadonlyMap<string, string>;
      readonly remove: readonly string[];
    };

/** An absent field stays unchanged. */
export interface MuteChange {
  readonly isMicrophoneMuted?: boolean;
  readonly isSpeakerMuted?: boolean;
}
