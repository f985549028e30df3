import type { RefObject } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { userTable } from '../model/tables.js';
import { STATUSES, nameOf, type Status } from '../model/user.js';
import type { View } from '../model/view.js';
import type { DashboardStore } from '../service/live.js';
import { BulkBar } from './bulk-bar.js';
import { ExportButton } from './export-button.js';
import { SearchIcon } from './icons.js';
import { StatusMark } from './status-mark.js';
import { UserGrid } from './user-grid.js';

interface UsersProps {
  readonly live: DashboardStore;
  readonly search: RefObject<HTMLInputElement | null>;
  readonly view: View;
  readonly onView: (part: Partial<View>) => void;
  readonly onOpen: (userId: string) => void;
}

/** Offline users are in no list, so there is no filter for them. */
const FILTERS = STATUSES.filter((status) => status !== 'offline');

/** The table of users and its filters. */
export function Users({ live, search, view, onView, onOpen }: UsersProps) {
  const { users } = live;
  const { filter } = users;
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const isAdmin = live.viewer === undefined;
  const enterGrid = useRef<() => void>(null);

  const filterBy = (text: string, statuses: ReadonlySet<Status>): void =>
    onView({ users: { text, statuses } });
  const toggle = (status: Status): void => {
    const statuses = new Set(filter.statuses);
    if (!statuses.delete(status)) statuses.add(status);
    filterBy(filter.text, statuses);
  };

  return (
    <section class="users card" aria-label="Users">
      <div class="toolbar">
        <label class="search">
          <SearchIcon />
          <input
            ref={search}
            type="search"
            aria-label="Search users"
            placeholder="Search user, text, channel, platform"
            spellcheck={false}
            value={filter.text}
            onInput={({ currentTarget }) => filterBy(currentTarget.value, filter.statuses)}
            onKeyDown={(event) => {
              if (event.key !== 'ArrowDown' || event.isComposing) return;
              event.preventDefault();
              enterGrid.current?.();
            }}
          />
          <kbd aria-hidden="true">/</kbd>
        </label>
        <div class="chips" role="group" aria-label="Only these statuses">
          {FILTERS.map((status) => (
            <button
              key={status}
              class="chip"
              aria-pressed={filter.statuses.has(status)}
              aria-label={`${nameOf(status)}, ${live.countOf(status)}`}
              onClick={() => toggle(status)}
            >
              <StatusMark status={status} />
              <span class="count">{live.countOf(status).toLocaleString('en')}</span>
            </button>
          ))}
        </div>
      </div>
      {isAdmin && <BulkBar live={live} picked={picked} onPick={setPicked} refuge={search} />}
      <UserGrid
        live={live}
        picked={isAdmin ? picked : undefined}
        onPick={setPicked}
        selected={view.userId}
        onSort={(sort) => onView({ sort })}
        enter={enterGrid}
        onOpen={onOpen}
        empty={<NoUsers {...{ live, onOpen }} />}
      />
      <div class="foot muted">
        <p aria-live="off">
          {users.rows.length.toLocaleString('en')} of {users.size.toLocaleString('en')} users
        </p>
        <ExportButton name="users" table={() => userTable(users.rows)} />
      </div>
    </section>
  );
}

/**
 * Explains why the table is empty. The user in the search field may be offline or invisible, and an admin can still ask
 * for an explanation.
 */
function NoUsers({ live, onOpen }: Pick<UsersProps, 'live' | 'onOpen'>) {
  const { users, state, viewer } = live;
  if (users.size === 0) {
    if (state.status !== 'live') return <p>Loading users.</p>;
    const isAdmin = viewer === undefined;
    return (
      <p>{isAdmin ? 'All users are offline.' : 'No user whom this token may see is online.'}</p>
    );
  }
  const typed = users.filter.text.trim();
  return (
    <>
      <p>No user in the list matches.</p>
      {viewer === undefined && typed !== '' && (
        <button onClick={() => onOpen(typed)}>Explain the user “{typed}”</button>
      )}
    </>
  );
}
