import { moderatorMute, NOT_MODERATED, type ModeratorMute } from '../../domain/moderator-mute.js';

/*
 * Users and events are stored as JSON arrays with fixed positions: a third of the size of objects with names, and
 * readable in `redis-cli`. The types below are the table of the positions. A later version may append fields, which
 * earlier versions ignore. `Later` has the appended fields: they must be written, and may be missing in a record of an
 * earlier version. Fields at the end that are undefined are left out.
 */
export type Written<First extends readonly unknown[], Later extends readonly unknown[]> = [
  ...First,
  ...Later,
];
export type Stored<First extends readonly unknown[], Later extends readonly unknown[]> = readonly [
  ...First,
  ...Partial<Later>,
];

/** Leaves out the fields at the end that are undefined. */
export function trimmed<Fields extends unknown[]>(fields: Fields): Fields {
  while (fields.at(-1) === undefined) fields.pop();
  return fields;
}

export function bit(flag: boolean): 0 | 1 {
  return flag ? 1 : 0;
}

/** 1: the microphone, 2: the speaker. */
export type MuteBits = number;

/** Encodes the mute state that moderators set. Undefined: not muted. */
export function muteBits({
  isMicrophoneMuted,
  isSpeakerMuted,
}: ModeratorMute): MuteBits | undefined {
  return bit(isMicrophoneMuted) + 2 * bit(isSpeakerMuted) || undefined;
}

/** Decodes the mute state that moderators set. */
export function moderatorMuteOf(bits: MuteBits | null | undefined): ModeratorMute {
  return bits ? moderatorMute((bits & 1) !== 0, (bits & 2) !== 0) : NOT_MODERATED;
}
