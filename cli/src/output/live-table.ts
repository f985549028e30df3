import type { CollectionState, PresenceCollection } from '#client';
import { presenceTable } from './presence-table.js';
import { Screen } from './screen.js';
import { counted, style } from './text.js';

/**
 * Minimum interval between redraws in milliseconds. Users cannot read faster, and a remote terminal would get too
 * much output.
 */
const REDRAW_MS = 100;

/** Shows a collection as a table that is kept up to date until the collection is closed. */
export function showLive(collection: PresenceCollection, output: NodeJS.WriteStream): void {
  const screen = new Screen(output);
  let timer: NodeJS.Timeout | undefined;
  const draw = (): void => {
    timer = undefined;
    screen.draw(linesOf(collection));
  };
  const redraw = (): void => {
    timer ??= setTimeout(draw, REDRAW_MS);
  };
  collection.subscribe(redraw);
  output.on('resize', redraw);
  collection.state.subscribe({
    next: redraw,
    complete: () => {
      clearTimeout(timer);
      output.off('resize', redraw);
      screen.release();
    },
  });
}

function linesOf(collection: PresenceCollection): string[] {
  const presences = [...collection.values()].sort((a, b) => (a.userId < b.userId ? -1 : 1));
  const heading = `${counted(presences.length, 'user')}, ${stateInWords(collection.state.value)}`;
  return [style('gray', heading), ...(presences.length === 0 ? [] : presenceTable(presences))];
}

function stateInWords(state: CollectionState): string {
  switch (state.status) {
    case 'loading':
      return 'loading';
    case 'live':
      return 'live';
    case 'stale':
      return state.error === undefined
        ? 'catching up'
        : `connection lost, reconnecting (${state.error.message})`;
    case 'closed':
      return 'closed';
  }
}
