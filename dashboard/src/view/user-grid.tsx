import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useImperativeHandle, useState } from 'preact/hooks';
import type { Sort, SortKey } from '../model/user-order.js';
import type { DashboardStore } from '../service/live.js';
import { UserRow } from './user-row.js';
import { useWindow } from './use-window.js';

interface UserGridProps {
  readonly live: DashboardStore;
  readonly selected: string | undefined;
  /** The users that are selected for an action. Undefined: the token permits no action. */
  readonly picked: ReadonlySet<string> | undefined;
  readonly onPick: (picked: ReadonlySet<string>) => void;
  /** Set to a function that moves the focus to the first row, or to the button that is shown instead of rows. */
  readonly enter: RefObject<(() => void) | null>;
  readonly onSort: (sort: Sort) => void;
  readonly onOpen: (userId: string) => void;
  /** Displayed if there are no rows. */
  readonly empty: ComponentChildren;
}

/** The same limit as in table.css: on a narrow screen the status text is below the name. */
const NARROW = '(max-width: 600px)';
const ROW_HEIGHT = 36;
const NARROW_ROW_HEIGHT = 52;
const HEAD_HEIGHT = 36;

const COLUMNS: readonly { readonly title: string; readonly key?: SortKey }[] = [
  { title: 'User', key: 'user' },
  { title: 'Status', key: 'status' },
  { title: 'Channel', key: 'channel' },
  { title: 'Muted' },
  { title: 'Platforms', key: 'platforms' },
  { title: 'Idle', key: 'idle' },
];

/**
 * The rows of the table. Only the visible rows are in the document. The grid has the focus and names the active row.
 */
export function UserGrid({
  live,
  selected,
  picked,
  onPick,
  enter,
  onSort,
  onOpen,
  empty,
}: UserGridProps) {
  const { rows, sort } = live.users;
  const [active, setActive] = useState<string>();
  const rowHeight = useMedia(NARROW) ? NARROW_ROW_HEIGHT : ROW_HEIGHT;
  const { scroller, onScroll, reveal, first, last, rowsInSight } = useWindow({
    count: rows.length,
    rowHeight,
    headHeight: HEAD_HEIGHT,
  });
  // The active row stays with the user when changes move the row.
  const activeRow = rows.findIndex(({ userId }) => userId === active);
  const now = live.now();

  const goTo = (row: number): void => {
    const index = Math.max(0, Math.min(row, rows.length - 1));
    setActive(rows[index]?.userId);
    reveal(index);
  };
  useImperativeHandle(enter, () => () => {
    const { current: grid } = scroller;
    if (rows.length === 0) return grid?.querySelector<HTMLElement>('.empty button')?.focus();
    grid?.focus();
    goTo(0);
  });
  const pick = (userId: string): void => {
    if (picked === undefined) return;
    const next = new Set(picked);
    if (!next.delete(userId)) next.add(userId);
    onPick(next);
  };
  const areAllPicked = rows.length > 0 && rows.every(({ userId }) => picked?.has(userId));
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget) return;
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: activeRow + 1,
      ArrowUp: activeRow - 1,
      PageDown: activeRow + rowsInSight,
      PageUp: activeRow - rowsInSight,
      Home: 0,
      End: rows.length - 1,
    };
    const row = moves[event.key];
    if (row !== undefined) goTo(row);
    else if (event.key === 'Enter' && activeRow >= 0) onOpen(rows[activeRow]!.userId);
    else if (event.key === ' ' && picked !== undefined && activeRow >= 0)
      pick(rows[activeRow]!.userId);
    else return;
    event.preventDefault();
  };
  const sortBy = (key: SortKey): void => {
    const isDescending = sort.key === key && !sort.isDescending;
    onSort({ key, isDescending });
  };
  const directionOf = (key?: SortKey): 'ascending' | 'descending' | 'none' => {
    if (key !== sort.key) return 'none';
    return sort.isDescending ? 'descending' : 'ascending';
  };

  return (
    <div
      ref={scroller}
      class={picked === undefined ? 'scroller grid' : 'scroller grid pickable'}
      role="grid"
      aria-label="Users who are not offline"
      aria-rowcount={rows.length + 1}
      aria-activedescendant={activeRow >= 0 ? `user-${activeRow}` : undefined}
      tabIndex={0}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
      onFocus={({ target, currentTarget }) => {
        if (target === currentTarget && activeRow < 0 && rows.length > 0) goTo(first);
      }}
    >
      <div class="row head" role="row" aria-rowindex={1}>
        {COLUMNS.map(({ title, key }) => (
          <div key={title} role="columnheader" aria-sort={key && directionOf(key)}>
            {key === undefined ? (
              title
            ) : (
              <button class={`sort ${directionOf(key)}`} onClick={() => sortBy(key)}>
                {title}
              </button>
            )}
            {key === 'user' && picked !== undefined && (
              <input
                type="checkbox"
                class="pick"
                aria-label="Select all shown users"
                checked={areAllPicked}
                onChange={() =>
                  onPick(new Set(areAllPicked ? [] : rows.map(({ userId }) => userId)))
                }
              />
            )}
          </div>
        ))}
      </div>
      {rows.length === 0 ? (
        <div class="empty">{empty}</div>
      ) : (
        <div role="rowgroup" class="rows" style={{ height: `${rows.length * rowHeight}px` }}>
          {rows.slice(first, last).map((user, i) => (
            <UserRow
              key={user.userId}
              user={user}
              row={first + i}
              top={(first + i) * rowHeight}
              isActive={first + i === activeRow}
              isSelected={user.userId === selected}
              isPicked={picked?.has(user.userId)}
              onPick={() => pick(user.userId)}
              now={now}
              onClick={() => {
                setActive(user.userId);
                scroller.current?.focus();
                onOpen(user.userId);
              }}
            />
          ))}
        </div>
      )}
    </div>
  );
}

/** Returns whether a media query matches, and follows its changes. */
function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const update = (): void => setMatches(media.matches);
    update();
    media.addEventListener('change', update);
    return () => media.removeEventListener('change', update);
  }, [query]);
  return matches;
}
