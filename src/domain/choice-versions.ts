/** What a user chooses with commands. The last command of each kind wins, whichever device it came from. */
export type ChoiceKind = 'status' | 'microphone' | 'speaker' | 'channel';

/**
 * The version of the last command of each kind, in microseconds since the epoch where the clock allows it. Undefined:
 * none is known. Effects without a command, such as the end of a session, do not count. Apart from the versions of
 * presences, which others see.
 */
export type ChoiceVersions = { readonly [Kind in ChoiceKind]: number | undefined };

/** Shared by all users who chose nothing yet. */
export const NO_CHOICES: ChoiceVersions = Object.freeze({
  status: undefined,
  microphone: undefined,
  speaker: undefined,
  channel: undefined,
});

/** Whether the same commands were the last ones. */
export function haveSameVersions(a: ChoiceVersions, b: ChoiceVersions): boolean {
  return (
    a === b ||
    (a.status === b.status &&
      a.microphone === b.microphone &&
      a.speaker === b.speaker &&
      a.channel === b.channel)
  );
}
