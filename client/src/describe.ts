import type { Change, ChangeReason } from './change.js';
import type { ExplainedSession, Explanation, Transition, TransitionKind } from './explanation.js';
import {
  assignment,
  entriesOf,
  FIELDS,
  listed,
  without,
  type ChangeDescription,
  type DescribeOptions,
  type Format,
} from './describe-differences.js';
import type { Presence } from './presence.js';

export type { ChangeDescription, ChangeTopic, DescribeOptions } from './describe-differences.js';

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
  moderated: 'by a moderator or a backend',
  'attribute-expired': 'attribute expired',
  unknown: 'unknown reason',
};

const TRANSITIONS: Readonly<Record<TransitionKind, string>> = {
  idle: 'the idle timeout passes',
  'choice-expired': 'the chosen status expires',
  'token-expired': 'a token expires',
  'heartbeat-missed': 'a heartbeat is missed',
  'grace-ended': 'the grace of a lost session ends',
  'attribute-expired': 'an attribute expires',
  unknown: 'something happens that this version of the library does not know',
};

/** Describes a change, with one part for each difference. Empty if only times have changed. */
export function describeChange(
  change: Change<unknown>,
  options?: DescribeOptions,
): ChangeDescription[] {
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
export function describePresence(presence: Presence<unknown>, options?: DescribeOptions): string {
  const { status, text } = { ...DEFAULTS, ...options };
  const { statusText, channelIds, isMicrophoneMuted, isSpeakerMuted } = presence;
  const { isMicrophoneMutedByModerator, isSpeakerMutedByModerator } = presence;
  return [
    status(presence.status),
    channelIds.length > 0 && `in ${listed(channelIds.map(text))}`,
    presence.platforms.length > 0 && `on ${presence.platforms.map(text).join(', ')}`,
    isMicrophoneMuted && 'microphone muted',
    isSpeakerMuted && 'speaker muted',
    isMicrophoneMutedByModerator && 'microphone muted by a moderator',
    isSpeakerMutedByModerator && 'speaker muted by a moderator',
    ...entriesOf(presence).map(([key, value]) => assignment(key, value, text)),
    statusText !== '' && `with the status text "${text(statusText)}"`,
  ]
    .filter(Boolean)
    .join(', ');
}

/**
 * Explains the status of a user in sentences: its cause, what everyone else sees if that differs, and the next change
 * that time alone will cause.
 */
export function describeExplanation(
  explanation: Explanation<unknown>,
  options?: DescribeOptions,
): string[] {
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
  { graceEndsAt, heartbeatDueAt, tokenExpiresAt }: ExplainedSession<unknown>,
  options?: DescribeOptions,
): string | undefined {
  const { time } = { ...DEFAULTS, ...options };
  if (graceEndsAt !== undefined) return `lost, grace ends ${time(graceEndsAt, 'future')}`;
  if (heartbeatDueAt !== undefined) return `heartbeat due ${time(heartbeatDueAt, 'future')}`;
  return tokenExpiresAt && `token expires ${time(tokenExpiresAt, 'future')}`;
}

function departure({ previous, presence }: Change<unknown>, { status, text }: Format): string {
  if (presence.status === 'offline') return `is ${status('offline')}`;
  const before = previous?.channelIds ?? [];
  const joined = without(presence.channelIds, before);
  if (joined.length > 0) return `moved to ${listed(joined.map(text))}`;
  const left = without(before, presence.channelIds);
  return left.length > 0 ? `left ${listed(left.map(text))}` : 'is no longer listed';
}

function cause(explanation: Explanation<unknown>, format: Format): string {
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

function lastActivity({ own, sessions }: Explanation<unknown>, { text, time }: Format): string {
  const timeOf = ({ lastActiveAt }: ExplainedSession<unknown>): number =>
    lastActiveAt?.getTime() ?? 0;
  const [latest] = [...sessions].sort((a, b) => timeOf(b) - timeOf(a));
  const at = own.lastActiveAt ?? latest?.lastActiveAt;
  if (at === undefined) return 'the last activity is unknown';
  const on = latest === undefined ? '' : ` on ${text(latest.platform)}`;
  return `the last activity was ${time(at, 'past')}${on}`;
}

function transition(next: Transition<unknown> | undefined, { status, text, time }: Format): string {
  if (next === undefined) return 'Nothing will change without a new call.';
  const { at, kind, sessionId, shown } = next;
  const when = at === undefined ? '' : `, ${time(at, 'future')}`;
  const ended = sessionId === undefined ? '' : `, which ends session ${text(sessionId)}`;
  return `Next${when}: ${TRANSITIONS[kind]}${ended}. Then everyone else sees ${status(shown.status)}.`;
}

function duration(ms: number): string {
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;
}
