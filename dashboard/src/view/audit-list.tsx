import { useEffect, useState } from 'preact/hooks';
import { auditTable } from '../model/tables.js';
import type { AuditFeed, AuditState } from '../service/audit-feed.js';
import { ExportButton } from './export-button.js';
import { LineList } from './line-list.js';

interface AuditListProps {
  readonly audit: AuditFeed;
  readonly onOpen: (userId: string) => void;
}

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

  return (
    <>
      <div class="toolbar">
        <label class="search">
          <input
            type="search"
            aria-label="Filter actions"
            placeholder="Filter"
            spellcheck={false}
            value={text}
            onInput={({ currentTarget: { value } }) => setText(value)}
          />
        </label>
        <ExportButton name="actions" table={() => auditTable(rows)} />
      </div>
      <LineList
        name="Actions"
        empty={audit.trail.rows.length > 0 ? 'No action matches.' : EMPTY[audit.state]}
        count={rows.length}
        lineAt={(index) => {
          const { key, at, callerId, userId, text } = rows[index]!;
          return { key, at, userId, name: callerId, text, title: `${callerId} ${text}` };
        }}
        onOpen={onOpen}
      />
    </>
  );
}
