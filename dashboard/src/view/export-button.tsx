import { csv } from '../model/csv.js';
import type { Table } from '../model/tables.js';
import { DownloadIcon } from './icons.js';

interface ExportButtonProps {
  /** The name of the list, for the file and for screen readers. */
  readonly name: 'users' | 'channels' | 'events' | 'actions';
  readonly table: () => Table;
}

/** Saves the lines of a list as a CSV file. The file is made in the browser: it has what the list shows. */
export function ExportButton({ name, table }: ExportButtonProps) {
  const label = `Export the ${name} as CSV`;
  return (
    <button
      class="quiet square"
      aria-label={label}
      title={label}
      onClick={() => save(`presence-${name}.csv`, csv(table()))}
    >
      <DownloadIcon />
    </button>
  );
}

function save(fileName: string, content: string): void {
  const url = URL.createObjectURL(new Blob([content], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The browser has opened the file by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
