/** The kinds of choices that a user makes with commands. The last command of each kind wins, from any device. */
export const CHOICE_KINDS = ['status', 'microphone', 'speaker', 'channel'] as const;

export type ChoiceKind = (typeof CHOICE_KINDS)[number];

/**
 * The version of the last command of each kind, normally the time in microseconds since the epoch. Undefined: no
 * command is known. Changes without a command, such as the end of a session, do not count. These versions are separate
 * from the versions of presences, which others see.
 */
export type ChoiceVersions = { readonly [Kind in ChoiceKind]: number | undefined };

/** The choice versions of users who chose nothing yet. All of them share this object. */
export const NO_CHOICES: ChoiceVersions = Object.freeze({
  status: undefined,
  microphone: undefined,
  speaker: undefined,
  channel: undefined,
});

/** Whether the last command of each kind is the same. */
export function haveSameVersions(a: ChoiceVersions, b: ChoiceVersions): boolean {
  return a === b || CHOICE_KINDS.every((kind) => a[kind] === b[kind]);
}
