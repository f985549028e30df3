/** The devices of a user that a moderator has muted. Independent of the user's own mute state. */
export interface ModeratorMute {
  readonly isMicrophoneMuted: boolean;
  readonly isSpeakerMuted: boolean;
}

/** All values. Users share these objects, because a node may hold a million users. */
const VALUES: readonly ModeratorMute[] = [
  Object.freeze({ isMicrophoneMuted: false, isSpeakerMuted: false }),
  Object.freeze({ isMicrophoneMuted: true, isSpeakerMuted: false }),
  Object.freeze({ isMicrophoneMuted: false, isSpeakerMuted: true }),
  Object.freeze({ isMicrophoneMuted: true, isSpeakerMuted: true }),
];

/** Returns the shared object with these values. */
export function moderatorMute(isMicrophoneMuted: boolean, isSpeakerMuted: boolean): ModeratorMute {
  return VALUES[(isMicrophoneMuted ? 1 : 0) + (isSpeakerMuted ? 2 : 0)]!;
}

/** Whether two values are equal. */
export function haveSameMute(a: ModeratorMute, b: ModeratorMute): boolean {
  return (
    a === b ||
    (a.isMicrophoneMuted === b.isMicrophoneMuted && a.isSpeakerMuted === b.isSpeakerMuted)
  );
}

/** No moderator has muted the user. */
export const NOT_MODERATED = moderatorMute(false, false);
