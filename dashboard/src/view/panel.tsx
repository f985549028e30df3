import { useEffect, useRef } from 'preact/hooks';
import type { DashboardStore } from '../service/live.js';
import { Explanation } from './explanation.js';
import { CloseIcon } from './icons.js';
import { PresenceDetails } from './presence-details.js';

interface PanelProps {
  readonly live: DashboardStore;
  readonly userId: string;
  readonly onClose: () => void;
}

/** The details of a user: an explanation for admins, and the visible presence for others. */
export function Panel({ live, userId, onClose }: PanelProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [userId]);

  return (
    <aside class="panel" aria-label={`About ${userId}`}>
      <div class="panel-head">
        <h2 ref={heading} tabIndex={-1}>
          <bdi>{userId}</bdi>
        </h2>
        <button class="quiet square" aria-label="Close" title="Close (Esc)" onClick={onClose}>
          <CloseIcon />
        </button>
      </div>
      {live.viewer === undefined ? (
        <Explanation live={live} userId={userId} />
      ) : (
        <PresenceDetails user={live.users.get(userId)} now={live.now()} />
      )}
    </aside>
  );
}
