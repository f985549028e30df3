import type {
  UserChannelChanged,
  UserMuteStateChanged,
} from '../../src/api/generated/presence/v1/events_service.pb.js';

/** The content of the event when a user who uses one channel at a time moves. */
export function channelChange(
  from: string | undefined,
  to: string | undefined,
): UserChannelChanged {
  return {
    previousChannelId: from,
    joinedChannelIds: to === undefined ? [] : [to],
    leftChannelIds: from === undefined ? [] : [from],
  };
}

/** The content of the event when a user changes the own mute state. Absent states were not muted. */
export function muteChange({
  microphone = false,
  speaker = false,
}: {
  readonly microphone?: boolean;
  readonly speaker?: boolean;
} = {}): UserMuteStateChanged {
  return {
    wasMicrophoneMuted: microphone,
    wasSpeakerMuted: speaker,
    wasMicrophoneMutedByModerator: false,
    wasSpeakerMutedByModerator: false,
  };
}
