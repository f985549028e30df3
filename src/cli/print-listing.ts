import type { Listing, Presence } from '#client';
import { counted } from './in-words.js';
import { presenceTable } from './presence-table.js';
import { jsonLine } from './terminal/json-line.js';

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
