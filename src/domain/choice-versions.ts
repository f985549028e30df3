import { nextVersion } from './version.js';

/**
 * The kinds of choices that a user makes with commands, and that others make for the user. The last command of each kind
 * wins, from any device. `moderation` is the last command of a moderator or of a backend, of any kind. `hiding` is the last
 * command that replaced the list of users from whom the user hides.
 */
export const CHOICE_KINDS = [
  'status',
  'microphone',
  'speaker',
  'channel',
  'moderation',
  'hiding',
] as const;

export type ChoiceKind = (typeof CHOICE_KINDS)[number];

/**
 * The version of the last command of each kind, normally the time in microseconds since the epoch. Missing or undefined:
 * no command is known. Changes without a command, such as the end of a session, do not count. These versions are separate
 * from the versions of presences, which others see.
 */
export type ChoiceVersions = { readonly [Kind in ChoiceKind]?: number | undefined };

/** The choice versions of users who chose nothing yet. All of them share this object. */
export const NO_CHOICES: ChoiceVersions = Object.freeze({
  status: undefined,
  microphone: undefined,
  speaker: undefined,
  channel: undefined,
  moderation: undefined,
  hiding: undefined,
});

/** Whether the last command of each kind is the same. The kinds of which sessions are not notified do not count. */
export function haveSameVersions(a: ChoiceVersions, b: ChoiceVersions): boolean {
  return a === b || CHOICE_KINDS.every((kind) => kind === 'hiding' || a[kind] === b[kind]);
}

/** Records a command of this kind: the choice version grows. */
export function chose(
  facts: { choiceVersions: ChoiceVersions },
  kind: ChoiceKind,
  now: number,
): void {
  setVersion(facts, kind, nextVersion(facts.choiceVersions[kind] ?? 0, now));
}

export function setVersion(
  facts: { choiceVersions: ChoiceVersions },
  kind: ChoiceKind,
  version: number,
): void {
  const { status, microphone, speaker, channel, moderation, hiding } = facts.choiceVersions;
  const versions = { status, microphone, speaker, channel, moderation, hiding };
  versions[kind] = version;
  facts.choiceVersions = countOf(versions) > 1 ? versions : ONLY[kind](version);
}

/** Objects with exactly one field. */
const ONLY: Readonly<Record<ChoiceKind, (version: number) => ChoiceVersions>> = {
  status: (status) => ({ status }),
  microphone: (microphone) => ({ microphone }),
  speaker: (speaker) => ({ speaker }),
  channel: (channel) => ({ channel }),
  moderation: (moderation) => ({ moderation }),
  hiding: (hiding) => ({ hiding }),
};

/** Returns the smallest object with these versions: most users have made choices of one kind only, or none. */
export function packed(versions: ChoiceVersions): ChoiceVersions {
  if (countOf(versions) > 1) return versions;
  const only = CHOICE_KINDS.find((kind) => versions[kind] !== undefined);
  return only === undefined ? NO_CHOICES : ONLY[only](versions[only]!);
}

/** Returns the version of the last channel command. Undefined: there is none, or there are commands of other kinds. */
export function onlyChannelVersion(versions: ChoiceVersions): number | undefined {
  return countOf(versions) === 1 ? versions.channel : undefined;
}

/** Every command calls it, and a loop over the kinds takes several times as long. */
function countOf({
  status,
  microphone,
  speaker,
  channel,
  moderation,
  hiding,
}: ChoiceVersions): number {
  return (
    (status === undefined ? 0 : 1) +
    (microphone === undefined ? 0 : 1) +
    (speaker === undefined ? 0 : 1) +
    (channel === undefined ? 0 : 1) +
    (moderation === undefined ? 0 : 1) +
    (hiding === undefined ? 0 : 1)
  );
}
