import type { Listing, Presence } from '#client';
import { counted } from './in-words.js';
import { presenceTable } from './presence-table.js';
import { jsonLine } from './terminal/json-line.js';

/** Prints a list: as a table, or each presence as it comes as a line of JSON. */
export async function printListing(listing: Listing, asJson: boolean): Promise<void> {
  if (asJson) {
    for await (const presence of listing) console.log(jsonLine(presence));
    return;
  }
  // A table is as wide as its widest line, so all of them have to be here first.
  const presences: Presence[] = [];
  for await (const presence of listing) presences.push(presence);
  if (presences.length > 0) console.log(presenceTable(presences).join('\n'));
  console.log(counted(presences.length, 'user'));
}
