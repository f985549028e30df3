import { useEffect, useState } from 'preact/hooks';
import { auditTable } from '../model/tables.js';
import { clockTime } from '../model/time-in-words.js';
import type { AuditFeed, AuditState } from '../service/audit-feed.js';
import { ExportButton } from './export-button.js';
import { useKeptFocus } from './use-kept-focus.js';
import { useWindow } from './use-window.js';

interface AuditListProps {
  readonly audit: AuditFeed;
  readonly onOpen: (userId: string) => void;
}

const ROW_HEIGHT = 34;

const EMPTY: Readonly<Record<AuditState, string>> = {
  loading: 'Loading actions.',
  live: 'No action since this node was started.',
  off: 'This node records no actions: AUDIT_LOG is off.',
  failed: 'The actions cannot be read.',
};

/** The actions of admins and moderators on other users, newest first. */
export function AuditList({ audit, onOpen }: AuditListProps) {
  const [text, setText] = useState('');
  const needle = text.trim().toLowerCase();
  const rows = audit.trail.rows.filter(({ callerId, text }) =>
    `${callerId} ${text}`.toLowerCase().includes(needle),
  );
  useEffect(() => audit.open(), [audit]);
  const { scroller, onScroll, first, last } = useWindow({
    count: rows.length,
    rowHeight: ROW_HEIGHT,
  });
  useKeptFocus(scroller, scroller);

  return (
    <>
      <div class="toolbar">
        <label class="search">
          <input
            type="search"
            aria-label="Filter actions"
            placeholder="Filter actions"
            spellcheck={false}
            value={text}
            onInput={({ currentTarget: { value } }) => setText(value)}
          />
        </label>
        <ExportButton name="actions" table={() => auditTable(rows)} />
      </div>
      <div ref={scroller} class="scroller" tabIndex={-1} onScroll={onScroll}>
        {rows.length === 0 && (
          <p class="empty">
            {audit.trail.rows.length > 0 ? 'No action matches.' : EMPTY[audit.state]}
          </p>
        )}
        <ol class="rows" aria-label="Actions" style={{ height: `${rows.length * ROW_HEIGHT}px` }}>
          {rows.slice(first, last).map(({ key, at, callerId, userId, text }, i) => (
            <li
              key={key}
              class="line event"
              style={{ transform: `translateY(${(first + i) * ROW_HEIGHT}px)` }}
            >
              <button title={`${callerId} ${text}`} onClick={() => onOpen(userId)}>
                <time dateTime={at.toISOString()}>{clockTime(at)}</time>
                <span class="cut">
                  <bdi class="name">{callerId}</bdi> {text}
                </span>
              </button>
            </li>
          ))}
        </ol>
      </div>
    </>
  );
}
