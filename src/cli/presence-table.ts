import type { Presence } from '#client';
import { devices, muted } from './in-words.js';
import { paintStatus } from './terminal/paint.js';
import { escapeControls } from './terminal/printable.js';
import { table, type Column } from './terminal/table.js';
import { timeInWords } from './terminal/time.js';

const COLUMNS: readonly Column<Presence>[] = [
  { title: 'USER', textOf: ({ userId }) => escapeControls(userId) },
  {
    title: 'STATUS',
    textOf: ({ status }) => status,
    paint: ({ status }, text) => paintStatus(status, text),
  },
  { title: 'CHANNEL', textOf: ({ channelId = '' }) => escapeControls(channelId) },
  { title: 'MUTED', textOf: muted },
  { title: 'DEVICES', textOf: devices },
  { title: 'SINCE', textOf: ({ connectedAt }) => timeInWords(connectedAt) },
  { title: 'SAYS', textOf: ({ statusText }) => escapeControls(statusText) },
];

export function presenceTable(presences: readonly Presence[]): string[] {
  return table(COLUMNS, presences);
}
