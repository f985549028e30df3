import type { Listing, Presence, SessionInfo } from '#client';
import { type Column, table } from './table.js';
import { counted, escapeControls, jsonLine, paintStatus, timeInWords } from './text.js';

const COLUMNS: readonly Column<Presence>[] = [
  { title: 'USER', textOf: ({ userId }) => escapeControls(userId) },
  {
    title: 'STATUS',
    textOf: ({ status }) => status,
    paint: ({ status }, text) => paintStatus(status, text),
  },
  { title: 'CHANNELS', textOf: channelsInWords },
  { title: 'MUTED', textOf: muted },
  { title: 'DEVICES', textOf: ({ platforms }) => platforms.map(escapeControls).join(', ') },
  { title: 'SINCE', textOf: ({ connectedAt }) => timeInWords(connectedAt) },
  { title: 'SAYS', textOf: ({ statusText }) => escapeControls(statusText) },
  { title: 'ATTRIBUTES', textOf: attributesInWords },
];

export function presenceTable(presences: readonly Presence[]): string[] {
  return table(COLUMNS, presences);
}

/** Prints a list as a table, or as one line of JSON for each presence as it arrives. */
export async function printListing(listing: Listing, asJson: boolean): Promise<void> {
  if (asJson) {
    for await (const presence of listing) console.log(jsonLine(presence));
    return;
  }
  // The table needs all rows first, because the widest row sets the width.
  const presences: Presence[] = [];
  for await (const presence of listing) presences.push(presence);
  if (presences.length > 0) console.log(presenceTable(presences).join('\n'));
  console.log(counted(presences.length, 'user'));
}

/** Lists the muted devices of a user. Empty if there are none. */
export function muted(presence: Presence): string {
  return [
    presence.isMicrophoneMuted && 'microphone',
    presence.isSpeakerMuted && 'speaker',
    presence.isMicrophoneMutedByModerator && 'microphone (moderator)',
    presence.isSpeakerMutedByModerator && 'speaker (moderator)',
  ]
    .filter((device) => device !== false)
    .join(', ');
}

/** Lists the channels of a user or of a session. Empty if there are none. */
export function channelsInWords({ channelIds }: Pick<SessionInfo, 'channelIds'>): string {
  return channelIds.map(escapeControls).join(', ');
}

/** The longest shown value of an attribute, in characters. */
const MAX_SHOWN_VALUE = 40;

/** Lists the attributes of a user as "key=value". Empty if there are none. */
export function attributesInWords({ attributes }: Pick<Presence, 'attributes'>): string {
  return Object.entries(attributes)
    .map(([key, value = '']) => {
      const characters = [...value];
      const isLong = characters.length > MAX_SHOWN_VALUE;
      const shown = isLong ? `${characters.slice(0, MAX_SHOWN_VALUE).join('')}…` : value;
      return `${key}=${escapeControls(shown)}`;
    })
    .join(', ');
}
