import type {
  ExplainedSession,
  Explanation,
  StatusCause,
  Transition,
  TransitionKind,
} from '#client';
import { muted } from './in-words.js';
import { type Column, table } from './table.js';
import { escapeControls, paintStatus, style, timeInWords } from './text.js';

const CAUSES: Readonly<Record<StatusCause, string>> = {
  'no-session': 'there is no session',
  chosen: 'the user chose it',
  active: 'there was an action within the idle timeout',
  inactive: 'there was no action within the idle timeout',
  unknown: 'of a reason that this program does not know',
};

const TRANSITIONS: Readonly<Record<TransitionKind, string>> = {
  idle: 'the idle timeout passes',
  'choice-expired': 'the chosen status lapses',
  'token-expired': 'a token expires',
  'heartbeat-missed': 'a heartbeat is missed',
  'grace-ended': 'a lost session is given up',
  unknown: 'something happens that this program does not know',
};

const SESSIONS: readonly Column<ExplainedSession>[] = [
  { title: 'SESSION', textOf: ({ sessionId }) => escapeControls(sessionId) },
  { title: 'DEVICE', textOf: ({ platform }) => escapeControls(platform) },
  { title: 'SINCE', textOf: ({ connectedAt }) => timeInWords(connectedAt) },
  { title: 'LAST ACTIVE', textOf: ({ lastActiveAt }) => timeInWords(lastActiveAt) },
  { title: 'CHANNEL', textOf: ({ holdsChannel }) => (holdsChannel ? 'held by it' : '') },
  { title: 'ENDS', textOf: endOf },
  { title: 'NODE', textOf: ({ nodeId }) => escapeControls(nodeId) },
];

/** Describes why a user has the current presence, in lines of text. */
export function explanationInWords(explanation: Explanation): string[] {
  const { shown, own, cause, choice, choiceExpiresAt, sessions, next } = explanation;
  const { status, statusText, channelId } = own;
  const lapses = choiceExpiresAt && `, until ${timeInWords(choiceExpiresAt)}`;
  const isHidden = shown.status !== own.status;
  return [
    `${style('bold', escapeControls(own.userId))} is ${paintStatus(status)}: ${CAUSES[cause]}.`,
    ...(isHidden ? [`Everyone else sees ${paintStatus(shown.status)}.`] : []),
    `The choice is ${choice}${lapses ?? ''}.`,
    ...(statusText === '' ? [] : [`The text is "${escapeControls(statusText)}".`]),
    ...(channelId === undefined ? [] : [`The channel is ${escapeControls(channelId)}.`]),
    ...(muted(own) === '' ? [] : [`Muted: ${muted(own)}.`]),
    next === undefined ? 'Nothing comes next by itself.' : transitionInWords(next),
    ...(sessions.length === 0 ? [] : ['', ...table(SESSIONS, sessions)]),
  ];
}

function transitionInWords({ at, kind, sessionId, shown }: Transition): string {
  const ended = sessionId === undefined ? '' : `, which ends session ${escapeControls(sessionId)}`;
  const when = at === undefined ? '' : `, at ${timeInWords(at)}`;
  return `Next${when}: ${TRANSITIONS[kind]}${ended}. Then ${paintStatus(shown.status)} is shown.`;
}

/**
 * Returns the time at which the session ends if the client sends nothing more. Empty if the session has no such
 * limit.
 */
function endOf({ graceEndsAt, heartbeatDueAt, tokenExpiresAt }: ExplainedSession): string {
  if (graceEndsAt !== undefined) return `${timeInWords(graceEndsAt)} (lost)`;
  if (heartbeatDueAt !== undefined) return `${timeInWords(heartbeatDueAt)} (heartbeat)`;
  return tokenExpiresAt === undefined ? '' : `${timeInWords(tokenExpiresAt)} (token)`;
}
