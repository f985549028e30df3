import type { Listing, Presence } from '#client';
import { type Column, table } from './table.js';
import { counted, escapeControls, jsonLine, paintStatus, timeInWords } from './text.js';

const COLUMNS: readonly Column<Presence>[] = [
  { title: 'USER', textOf: ({ userId }) => escapeControls(userId) },
  {
    title: 'STATUS',
    textOf: ({ status }) => status,
    paint: ({ status }, text) => paintStatus(status, text),
  },
  { title: 'CHANNEL', textOf: ({ channelId = '' }) => escapeControls(channelId) },
  { title: 'MUTED', textOf: muted },
  { title: 'DEVICES', textOf: ({ platforms }) => platforms.map(escapeControls).join(', ') },
  { title: 'SINCE', textOf: ({ connectedAt }) => timeInWords(connectedAt) },
  { title: 'SAYS', textOf: ({ statusText }) => escapeControls(statusText) },
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
export function muted({ isMicrophoneMuted, isSpeakerMuted }: Presence): string {
  return [isMicrophoneMuted && 'microphone', isSpeakerMuted && 'speaker']
    .filter(Boolean)
    .join(' and ');
}
