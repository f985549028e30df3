import type { Presence, Status } from './presence.js';

/** The formats of the parts of a sentence that depend on where it is shown. */
export interface DescribeOptions {
  /** Formats a status. Default: its name in lower case, such as "do not disturb". */
  readonly status?: (status: Status) => string;
  /**
   * Formats text that comes from users: ids, platforms and status texts. Default: unchanged. A program that writes to a
   * terminal must escape control characters here.
   */
  readonly text?: (text: string) => string;
  /** Formats a time, so that it fits after a verb: "at 12:00:05", "in 4 min". Default: "at" and the local time. */
  readonly time?: (time: Date, tense: 'past' | 'future') => string;
}

/** The subject of one part of a change. */
export type ChangeTopic =
  'arrival' | 'departure' | 'status' | 'channel' | 'mute' | 'devices' | 'attributes';

/** One part of a change. The text completes a sentence that begins with the user: "joined lobby". */
export interface ChangeDescription {
  readonly topic: ChangeTopic;
  readonly text: string;
}

export type Format = Required<DescribeOptions>;

/** Describes the difference of one field. Undefined: there is none. */
type Difference = (
  previous: Presence<unknown>,
  current: Presence<unknown>,
  format: Format,
) => ChangeDescription | undefined;

/**
 * Maps each field to its description, or to undefined if the field has none. The compiler reports a field that is
 * missing here.
 */
export const FIELDS: Readonly<
  Record<keyof Omit<Presence, 'userId' | 'version'>, Difference | undefined>
> = {
  status: (previous, current, { status }) =>
    current.status === previous.status
      ? undefined
      : { topic: 'status', text: `is ${status(current.status)}` },
  statusText: (previous, { statusText }, { text }) =>
    statusText === previous.statusText
      ? undefined
      : {
          topic: 'status',
          text:
            statusText === ''
              ? 'cleared the status text'
              : `set the status text "${text(statusText)}"`,
        },
  channelIds: channelDifference,
  // The line of `channelIds` says when the current channel changes, except when the user joins one of its channels again.
  channelId: undefined,
  attributes: attributeDifference,
  isMicrophoneMuted: ({ isMicrophoneMuted }, current) =>
    muteDifference('microphone', isMicrophoneMuted, current.isMicrophoneMuted),
  isSpeakerMuted: ({ isSpeakerMuted }, current) =>
    muteDifference('speaker', isSpeakerMuted, current.isSpeakerMuted),
  isMicrophoneMutedByModerator: ({ isMicrophoneMutedByModerator }, current) =>
    moderatorDifference(
      'microphone',
      isMicrophoneMutedByModerator,
      current.isMicrophoneMutedByModerator,
    ),
  isSpeakerMutedByModerator: ({ isSpeakerMutedByModerator }, current) =>
    moderatorDifference('speaker', isSpeakerMutedByModerator, current.isSpeakerMutedByModerator),
  // A user without devices is offline, which the status says.
  platforms: (previous, { platforms }, { text }) =>
    platforms.length === 0 || platforms.join() === previous.platforms.join()
      ? undefined
      : { topic: 'devices', text: `is on ${platforms.map(text).join(', ')}` },
  connectedAt: undefined,
  lastActiveAt: undefined,
};

function muteDifference(
  device: string,
  before: boolean,
  now: boolean,
): ChangeDescription | undefined {
  if (before === now) return undefined;
  return { topic: 'mute', text: `${now ? 'muted' : 'unmuted'} the ${device}` };
}

function moderatorDifference(
  device: string,
  before: boolean,
  now: boolean,
): ChangeDescription | undefined {
  if (before === now) return undefined;
  const text = `had the ${device} ${now ? 'muted' : 'unmuted'} by a moderator`;
  return { topic: 'mute', text };
}

function channelDifference(
  { channelIds: before }: Presence<unknown>,
  { channelIds: now }: Presence<unknown>,
  { text }: Format,
): ChangeDescription | undefined {
  const joined = without(now, before);
  const left = without(before, now);
  const parts = [
    joined.length > 0 && `joined ${listed(joined.map(text))}`,
    left.length > 0 && `left ${listed(left.map(text))}`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? undefined : { topic: 'channel', text: parts.join(' and ') };
}

function attributeDifference(
  previous: Presence<unknown>,
  current: Presence<unknown>,
  { text }: Format,
): ChangeDescription | undefined {
  const before = new Map(entriesOf(previous));
  const now = new Map(entriesOf(current));
  const set = [...now].filter(([key, value]) => before.get(key) !== value);
  const removed = [...before.keys()].filter((key) => !now.has(key));
  const parts = [
    set.length > 0 && `set ${listed(set.map(([key, value]) => assignment(key, value, text)))}`,
    removed.length > 0 && `removed ${listed(removed.map(text))}`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? undefined : { topic: 'attributes', text: parts.join(' and ') };
}

export function entriesOf({ attributes }: Presence<unknown>): [string, string][] {
  return Object.entries(attributes);
}

/** The longest shown value of an attribute, in characters. */
const MAX_SHOWN_VALUE = 60;

export function assignment(key: string, value: string, text: Format['text']): string {
  const characters = [...value];
  const isLong = characters.length > MAX_SHOWN_VALUE;
  const shown = isLong ? `${characters.slice(0, MAX_SHOWN_VALUE).join('')}…` : value;
  return `${text(key)}=${text(shown)}`;
}

export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${last}` : last;
}

export function without(words: readonly string[], others: readonly string[]): string[] {
  return words.filter((word) => !others.includes(word));
}
