import { check, checkFlag, checkObject } from './arguments.js';

/** The mute states to change. At least one must be given. */
export interface MuteChange {
  readonly microphone?: boolean;
  readonly speaker?: boolean;
}

interface MuteFields {
  readonly isMicrophoneMuted?: boolean;
  readonly isSpeakerMuted?: boolean;
}

/** Checks the argument of a program and converts it to the fields of the contract. */
export function checkedMute(what: MuteChange): MuteFields {
  checkObject(what, 'what');
  const { microphone, speaker } = what;
  checkFlag(microphone, 'microphone');
  checkFlag(speaker, 'speaker');
  const isSome = microphone !== undefined || speaker !== undefined;
  check(isSome, 'what', 'must name the microphone or the speaker');
  return muteFields(microphone, speaker);
}

export function muteFields(microphone: boolean | undefined, speaker: boolean | undefined) {
  return {
    ...(microphone !== undefined && { isMicrophoneMuted: microphone }),
    ...(speaker !== undefined && { isSpeakerMuted: speaker }),
  } satisfies MuteFields;
}
