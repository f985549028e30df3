import type { Change, ChangeReason } from './change.js';
import type { ExplainedSession, Explanation, Transition, TransitionKind } from './explanation.js';
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

/** What a part of a change is about. */
export type ChangeTopic = 'arrival' | 'departure' | 'status' | 'channel' | 'mute' | 'devices';

/** One part of a change. The text completes a sentence that begins with the user: "joined lobby". */
export interface ChangeDescription {
  readonly topic: ChangeTopic;
  readonly text: string;
}

const DEFAULTS: Required<DescribeOptions> = {
  status: (status) => status.replaceAll('-', ' '),
  text: (text) => text,
  time: (time) => `at ${time.toLocaleTimeString()}`,
};

const REASONS: Readonly<Partial<Record<ChangeReason, string>>> = {
  connected: 'connected',
  disconnected: 'disconnected',
  'connection-lost': 'connection lost',
  idle: 'no activity',
  active: 'activity',
  'session-ended': 'session ended',
  'token-expired': 'token expired',
  'node-lost': 'node lost',
  'status-expired': 'status expired',
  unknown: 'unknown reason',
};

const TRANSITIONS: Readonly<Record<TransitionKind, string>> = {
  idle: 'the idle timeout passes',
  'choice-expired': 'the chosen status expires',
  'token-expired': 'a token expires',
  'heartbeat-missed': 'a heartbeat is missed',
  'grace-ended': 'the grace of a lost session ends',
  unknown: 'something happens that this version of the library does not know',
};

/** Describes a change, with one part for each difference. Empty if only times have changed. */
export function describeChange(change: Change, options?: DescribeOptions): ChangeDescription[] {
  const { previous, current } = change;
  const format = { ...DEFAULTS, ...options };
  if (current === undefined) return [{ topic: 'departure', text: departure(change, format) }];
  if (previous === undefined) {
    return [{ topic: 'arrival', text: `is ${describePresence(current, options)}` }];
  }
  return Object.values(FIELDS).flatMap((difference) => {
    const description = difference?.(previous, current, format);
    return description === undefined ? [] : [description];
  });
}

/** Describes why a change happened. Undefined if a user requested it, or if a snapshot contained it. */
export function describeReason(reason: ChangeReason): string | undefined {
  return REASONS[reason];
}

/** Describes a presence in one line: "online, in lobby, on desktop, microphone muted". */
export function describePresence(presence: Presence, options?: DescribeOptions): string {
  const { status, text } = { ...DEFAULTS, ...options };
  const { statusText, channelId, isMicrophoneMuted, isSpeakerMuted } = presence;
  return [
    status(presence.status),
    channelId !== undefined && `in ${text(channelId)}`,
    presence.platforms.length > 0 && `on ${presence.platforms.map(text).join(', ')}`,
    isMicrophoneMuted && 'microphone muted',
    isSpeakerMuted && 'speaker muted',
    statusText !== '' && `with the status text "${text(statusText)}"`,
  ]
    .filter(Boolean)
    .join(', ');
}

/**
 * Explains the status of a user in sentences: its cause, what everyone else sees if that differs, and the next change
 * that time alone will cause.
 */
export function describeExplanation(explanation: Explanation, options?: DescribeOptions): string[] {
  const { own, shown, choice, next } = explanation;
  const format = { ...DEFAULTS, ...options };
  const sentences = [
    `${format.text(own.userId)} is ${format.status(own.status)}: ${cause(explanation, format)}.`,
  ];
  if (choice === 'invisible' || own.status !== shown.status) {
    const why = choice === 'invisible' ? ', because the user chose to be invisible' : '';
    sentences.push(`Everyone else sees ${format.status(shown.status)}${why}.`);
  }
  return [...sentences, transition(next, format)];
}

/** Describes when a session ends if its client sends nothing more. Undefined if it has no such limit. */
export function describeSessionEnd(
  { graceEndsAt, heartbeatDueAt, tokenExpiresAt }: ExplainedSession,
  options?: DescribeOptions,
): string | undefined {
  const { time } = { ...DEFAULTS, ...options };
  if (graceEndsAt !== undefined) return `lost, grace ends ${time(graceEndsAt, 'future')}`;
  if (heartbeatDueAt !== undefined) return `heartbeat due ${time(heartbeatDueAt, 'future')}`;
  return tokenExpiresAt && `token expires ${time(tokenExpiresAt, 'future')}`;
}

type Format = Required<DescribeOptions>;

function departure({ previous, presence }: Change, { status, text }: Format): string {
  if (presence.status === 'offline') return `is ${status('offline')}`;
  if (presence.channelId !== previous?.channelId) {
    if (presence.channelId !== undefined) return `moved to ${text(presence.channelId)}`;
    if (previous?.channelId !== undefined) return `left ${text(previous.channelId)}`;
  }
  return 'is no longer listed';
}

/** Describes the difference of one field. Undefined: there is none. */
type Difference = (
  previous: Presence,
  current: Presence,
  format: Format,
) => ChangeDescription | undefined;

/**
 * The description of each field. Undefined: the field is not described. The compiler reports a field that is missing
 * here.
 */
const FIELDS: Readonly<Record<keyof Omit<Presence, 'userId' | 'version'>, Difference | undefined>> =
  {
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
    channelId: (previous, { channelId }, { text }) =>
      channelId === previous.channelId
        ? undefined
        : {
            topic: 'channel',
            text:
              channelId === undefined
                ? `left ${text(previous.channelId!)}`
                : `joined ${text(channelId)}`,
          },
    isMicrophoneMuted: ({ isMicrophoneMuted }, current) =>
      muteDifference('microphone', isMicrophoneMuted, current.isMicrophoneMuted),
    isSpeakerMuted: ({ isSpeakerMuted }, current) =>
      muteDifference('speaker', isSpeakerMuted, current.isSpeakerMuted),
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

function cause(explanation: Explanation, format: Format): string {
  const { own, choiceExpiresAt, idleTimeoutMs } = explanation;
  const { time } = format;
  switch (explanation.cause) {
    case 'no-session':
      return own.lastActiveAt === undefined
        ? 'there is no session'
        : `there is no session, and the last activity was ${time(own.lastActiveAt, 'past')}`;
    case 'chosen':
      return choiceExpiresAt === undefined
        ? 'the user chose it'
        : `the user chose it, and the choice expires ${time(choiceExpiresAt, 'future')}`;
    case 'active':
    case 'inactive':
      return `${lastActivity(explanation, format)}, and the idle timeout is ${duration(idleTimeoutMs)}`;
    case 'unknown':
      return 'the cause is not known to this version of the library';
  }
}

function lastActivity({ own, sessions }: Explanation, { text, time }: Format): string {
  const timeOf = ({ lastActiveAt }: ExplainedSession): number => lastActiveAt?.getTime() ?? 0;
  const [latest] = [...sessions].sort((a, b) => timeOf(b) - timeOf(a));
  const at = own.lastActiveAt ?? latest?.lastActiveAt;
  if (at === undefined) return 'the last activity is unknown';
  const on = latest === undefined ? '' : ` on ${text(latest.platform)}`;
  return `the last activity was ${time(at, 'past')}${on}`;
}

function transition(next: Transition | undefined, { status, text, time }: Format): string {
  if (next === undefined) return 'Nothing will change without a new call.';
  const { at, kind, sessionId, shown } = next;
  const when = at === undefined ? '' : `, ${time(at, 'future')}`;
  const ended = sessionId === undefined ? '' : `, which ends session ${text(sessionId)}`;
  return `Next${when}: ${TRANSITIONS[kind]}${ended}. Then everyone else sees ${status(shown.status)}.`;
}

function duration(ms: number): string {
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;
}
