import { useEffect, useRef } from 'preact/hooks';
import { channelRows } from '../model/channels.js';
import { channelTable } from '../model/tables.js';
import type { DashboardStore } from '../service/live.js';
import { ExportButton } from './export-button.js';
import { ChevronIcon } from './icons.js';
import { Muted } from './muted.js';
import { StatusDot } from './status-mark.js';
import { useKeptFocus } from './use-kept-focus.js';
import { useWindow } from './use-window.js';

interface ChannelListProps {
  readonly live: DashboardStore;
  /** The channels whose members are shown. */
  readonly open: ReadonlySet<string>;
  readonly onOpenChannels: (open: ReadonlySet<string>) => void;
  readonly onOpen: (userId: string) => void;
}

const ROW_HEIGHT = 36;

/** The channels, those with the most members first, and the members of open channels. */
export function ChannelList({ live, open, onOpenChannels, onOpen }: ChannelListProps) {
  const channels = live.channels.list;
  const rows = channelRows(channels, open);
  const { scroller, onScroll, reveal, first, last } = useWindow({
    count: rows.length,
    rowHeight: ROW_HEIGHT,
  });
  useKeptFocus(scroller, scroller);
  const visible = rows.slice(first, last);
  const counted = visible.flatMap((row) => (row.kind === 'channel' ? [row.channel.channelId] : []));
  // No id has a line break.
  const key = counted.join('\n');
  useEffect(() => live.channelCounts.show(key === '' ? [] : key.split('\n')), [live, key]);
  useEffect(() => () => live.channelCounts.show([]), [live]);
  // A link can open a channel that is far below.
  const revealed = useRef(new Set<string>());
  useEffect(() => {
    rows.forEach((row, i) => {
      if (row.kind !== 'channel' || !row.isOpen) return;
      const { channelId } = row.channel;
      if (!revealed.current.has(channelId)) reveal(i);
      revealed.current.add(channelId);
    });
  });
  const toggle = (channelId: string): void => {
    const next = new Set(open);
    if (!next.delete(channelId)) next.add(channelId);
    onOpenChannels(next);
  };

  return (
    <>
      <div ref={scroller} class="scroller" tabIndex={-1} onScroll={onScroll}>
        {rows.length === 0 && (
          <p class="empty">
            No user is in a channel{live.viewer !== undefined && ' that this token may watch'}.
          </p>
        )}
        <ul class="rows" aria-label="Channels" style={{ height: `${rows.length * ROW_HEIGHT}px` }}>
          {visible.map((row, i) => {
            const style = { transform: `translateY(${(first + i) * ROW_HEIGHT}px)` };
            if (row.kind === 'member') {
              const { user } = row;
              return (
                <li key={`user ${user.userId}`} class="line member" style={style}>
                  <button onClick={() => onOpen(user.userId)}>
                    <StatusDot status={user.status} />
                    <bdi class="cut grow">{user.userId}</bdi>
                    <Muted user={user} />
                  </button>
                </li>
              );
            }
            const { channelId, members } = row.channel;
            const total = live.channelCounts.totalOf(channelId) ?? members.length;
            return (
              <li key={`channel ${channelId}`} class="line" style={style}>
                <button aria-expanded={row.isOpen} onClick={() => toggle(channelId)}>
                  <ChevronIcon />
                  <bdi class="cut grow">{channelId}</bdi>
                  <span class="count">{total.toLocaleString('en')}</span>
                </button>
              </li>
            );
          })}
        </ul>
      </div>
      <div class="foot muted">
        <p aria-live="off">
          {channels.length.toLocaleString('en')} {channels.length === 1 ? 'channel' : 'channels'}
        </p>
        <ExportButton
          name="channels"
          table={() => channelTable(rows, (channelId) => live.channelCounts.totalOf(channelId))}
        />
      </div>
    </>
  );
}
