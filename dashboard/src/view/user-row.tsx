import { idleInWords } from '../model/time-in-words.js';
import type { User } from '../model/user.js';
import { Muted } from './muted.js';
import { StatusMark } from './status-mark.js';

interface UserRowProps {
  readonly user: User;
  readonly row: number;
  readonly top: number;
  readonly isActive: boolean;
  readonly isSelected: boolean;
  /** Undefined: the token permits no action on users. */
  readonly isPicked: boolean | undefined;
  readonly now: number;
  readonly onPick: () => void;
  readonly onClick: () => void;
}

export function UserRow(props: UserRowProps) {
  const { user, row, top, isActive, isSelected, isPicked, now, onPick, onClick } = props;
  const { userId, status, statusText, channelIds, platforms } = user;
  return (
    <div
      id={`user-${row}`}
      class={`row${isActive ? ' active' : ''}`}
      role="row"
      // Indices start at 1, and the header is the first row.
      aria-rowindex={row + 2}
      aria-selected={isSelected}
      style={{ transform: `translateY(${top}px)` }}
      onClick={onClick}
    >
      <div role="gridcell" class="who">
        <bdi>{userId}</bdi>
        {statusText !== '' && <bdi class="text">{statusText}</bdi>}
        {isPicked !== undefined && (
          <input
            type="checkbox"
            class="pick"
            // The space bar selects the active row of the grid.
            tabIndex={-1}
            aria-label={`Select ${userId}`}
            checked={isPicked}
            onClick={(event) => event.stopPropagation()}
            onChange={onPick}
          />
        )}
      </div>
      <div role="gridcell">
        <StatusMark status={status} />
      </div>
      <div role="gridcell" class="cut">
        {channelIds.length === 0 ? <span class="none">–</span> : <bdi>{channelIds.join(', ')}</bdi>}
      </div>
      <div role="gridcell">
        <Muted user={user} />
      </div>
      <div role="gridcell" class="cut">
        {platforms.join(', ')}
      </div>
      <div role="gridcell" class="number">
        {idleInWords(user, now)}
      </div>
    </div>
  );
}
