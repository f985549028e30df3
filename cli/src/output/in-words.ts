import type { Change, ChangeReason, Presence } from '#client';
import { escapeControls, paintStatus, style } from './text.js';

/** Describes a change of a user in one line. */
export function changeInWords({ userId, previous, current, presence, reason }: Change): string {
  const who = style('bold', escapeControls(userId));
  if (current === undefined) return `${who} ${departure(presence)}${because(reason)}`;
  if (previous === undefined) return `${who} ${arrival(current)}${because(reason)}`;
  const differences = differencesInWords(previous, current);
  return `${who} ${differences.join(', ')}${because(reason)}`;
}

/** Describes the own presence, and whether others see OFFLINE instead. */
export function ownPresenceInWords(presence: Presence, isInvisible: boolean): string {
  const suffix = isInvisible ? '; to everyone else you are offline' : '';
  return `${style('bold', `You (${escapeControls(presence.userId)})`)} ${arrival(presence, 'are')}${suffix}`;
}

/** A field that differs, in words. */
type Described = (current: Presence, previous: Presence) => string;

/**
 * The description of a new value of each field. Undefined: the field is not described. The compiler reports a field that
 * is missing here.
 */
const FIELDS: Readonly<Record<keyof Omit<Presence, 'userId' | 'version'>, Described | undefined>> =
  {
    status: ({ status }) => `is ${paintStatus(status)}`,
    statusText: ({ statusText }) =>
      statusText === '' ? 'says nothing any more' : `says "${escapeControls(statusText)}"`,
    channelId: ({ channelId }, previous) =>
      channelId === undefined
        ? `left ${escapeControls(previous.channelId!)}`
        : `joined ${escapeControls(channelId)}`,
    isMicrophoneMuted: ({ isMicrophoneMuted }) =>
      isMicrophoneMuted ? 'muted the microphone' : 'unmuted the microphone',
    isSpeakerMuted: ({ isSpeakerMuted }) =>
      isSpeakerMuted ? 'muted the speaker' : 'unmuted the speaker',
    platforms: undefined,
    connectedAt: undefined,
    lastActiveAt: undefined,
  };

/**
 * Describes the differences between two presences. If none of the described fields differs, the devices have changed.
 */
export function differencesInWords(previous: Presence, current: Presence): string[] {
  const fields = Object.keys(FIELDS) as (keyof typeof FIELDS)[];
  const said = fields.flatMap((field) => {
    const describe = FIELDS[field];
    return describe === undefined || current[field] === previous[field]
      ? []
      : [describe(current, previous)];
  });
  return said.length > 0 ? said : [`is on ${devices(current)}`];
}

/** Describes the complete presence of a user who is new in the collection. */
function arrival(presence: Presence, verb: 'is' | 'are' = 'is'): string {
  const { status, statusText, channelId } = presence;
  const says = verb === 'is' ? 'says' : 'say';
  return [
    `${verb} ${paintStatus(status)}`,
    ...(channelId === undefined ? [] : [`in ${escapeControls(channelId)}`]),
    ...(presence.platforms.length === 0 ? [] : [`on ${devices(presence)}`]),
    ...(muted(presence) === '' ? [] : [`${muted(presence)} muted`]),
    ...(statusText === '' ? [] : [`${says} "${escapeControls(statusText)}"`]),
  ].join(', ');
}

/** Describes why a user left the collection: the user is offline, or in another channel. */
function departure({ status, channelId }: Presence): string {
  if (status === 'offline') return `is ${paintStatus('offline')}`;
  return channelId === undefined ? 'left' : `went to ${escapeControls(channelId)}`;
}

/** Returns the reason in brackets. A change that a user requested needs no reason. */
function because(reason: ChangeReason): string {
  return reason === 'requested' || reason === 'snapshot' ? '' : style('gray', ` (${reason})`);
}

/** Lists the muted devices of a user. Empty if there are none. */
export function muted({ isMicrophoneMuted, isSpeakerMuted }: Presence): string {
  return [isMicrophoneMuted && 'microphone', isSpeakerMuted && 'speaker']
    .filter(Boolean)
    .join(' and ');
}

export function devices({ platforms }: Presence): string {
  return platforms.map(escapeControls).join(', ');
}
