import type {
  Change,
  Explanation,
  ExplainedSession,
  Presence,
  PresenceCount,
  PresenceEvent,
  Status,
} from '#client';
import {
  describeChange,
  describeExplanation,
  describePresence,
  describeReason,
  describeSessionEnd,
  type DescribeOptions,
} from '#client/describe';
import { attributesInWords, channelsInWords, muted } from './presence-table.js';
import { table, type Column } from './table.js';
import { counted, escapeControls, paintStatus, style, timeInWords } from './text.js';

const FORMAT: DescribeOptions = {
  status: (status) => paintStatus(status),
  text: escapeControls,
  time: (time) => `at ${timeInWords(time)}`,
};

/** Describes a change of a user in one line. Undefined if only times have changed. */
export function changeInWords(change: Change): string | undefined {
  const parts = describeChange(change, FORMAT).map(({ text }) => text);
  if (parts.length === 0) return undefined;
  return `${style('bold', escapeControls(change.userId))} ${parts.join(', ')}${suffixOf(change)}`;
}

/** Describes an event in one line: its kind, and the presence after it. */
export function eventInWords(event: PresenceEvent): string {
  const { kind, presence } = event;
  return `${kind}: ${presenceInWords(presence)}${suffixOf(event)}`;
}

function suffixOf({ reason }: Pick<Change, 'reason'>): string {
  const text = describeReason(reason);
  return text === undefined ? '' : style('gray', ` (${text})`);
}

/** Describes the presence of a user in one line. */
export function presenceInWords(presence: Presence): string {
  const user = style('bold', escapeControls(presence.userId));
  return `${user} is ${describePresence(presence, FORMAT)}`;
}

/** Describes each count in one line, with the statuses that users have. */
export function countsInWords(counts: readonly PresenceCount[]): string[] {
  return counts.map(({ channelId, groupId, total, byStatus }) => {
    const kind = groupId === undefined ? '' : 'group ';
    const id = channelId ?? groupId;
    const place = id === undefined ? '' : `${kind}${style('bold', escapeControls(id))}: `;
    const parts = Object.entries(byStatus)
      .filter(([, count]) => count > 0)
      .map(([status, count]) => `${count.toLocaleString('en')} ${paintStatus(status as Status)}`);
    const details = parts.length === 0 ? '' : ` (${parts.join(', ')})`;
    return `${place}${counted(total, 'user')}${details}`;
  });
}

/** Describes the own presence, and whether others see OFFLINE instead. */
export function ownPresenceInWords(presence: Presence, isInvisible: boolean): string {
  const you = style('bold', `You (${escapeControls(presence.userId)})`);
  const suffix = isInvisible ? '; everyone else sees you offline' : '';
  return `${you} are ${describePresence(presence, FORMAT)}${suffix}`;
}

const SESSIONS: readonly Column<ExplainedSession>[] = [
  { title: 'SESSION', textOf: ({ sessionId }) => escapeControls(sessionId) },
  { title: 'DEVICE', textOf: ({ platform }) => escapeControls(platform) },
  { title: 'SINCE', textOf: ({ connectedAt }) => timeInWords(connectedAt) },
  { title: 'LAST ACTIVE', textOf: ({ lastActiveAt }) => timeInWords(lastActiveAt) },
  { title: 'CHANNELS', textOf: channelsInWords },
  { title: 'ENDS', textOf: (session) => describeSessionEnd(session, FORMAT) ?? '' },
  { title: 'NODE', textOf: ({ nodeId }) => escapeControls(nodeId) },
];

/** Describes why a user has the current presence, in lines of text. */
export function explanationInWords(explanation: Explanation): string[] {
  const { own, choice, sessions } = explanation;
  const { statusText, channelIds } = own;
  const channels = channelsInWords(own);
  const attributes = attributesInWords(own);
  return [
    ...describeExplanation(explanation, FORMAT),
    `The choice is ${choice}.`,
    ...(statusText === '' ? [] : [`The status text is "${escapeControls(statusText)}".`]),
    ...(channels === ''
      ? []
      : [`The ${channelIds.length === 1 ? 'channel is' : 'channels are'} ${channels}.`]),
    ...(muted(own) === '' ? [] : [`Muted: ${muted(own)}.`]),
    ...(attributes === '' ? [] : [`The attributes are ${attributes}.`]),
    ...(sessions.length === 0 ? [] : ['', ...table(SESSIONS, sessions)]),
  ];
}
