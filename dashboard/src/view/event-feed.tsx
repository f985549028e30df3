import type { ChangeTopic } from '#client/describe';
import { TOPIC_NAMES, type FeedFilter } from '../model/feed.js';
import { eventTable } from '../model/tables.js';
import { clockTime } from '../model/time-in-words.js';
import type { DashboardStore } from '../service/live.js';
import { ExportButton } from './export-button.js';
import { PauseIcon, PlayIcon } from './icons.js';
import { useKeptFocus } from './use-kept-focus.js';
import { useWindow } from './use-window.js';

interface EventFeedProps {
  readonly live: DashboardStore;
  readonly onOpen: (userId: string) => void;
  readonly onFilter: (filter: FeedFilter) => void;
}

const ROW_HEIGHT = 34;

/** The events, newest first. */
export function EventFeed({ live, onOpen, onFilter }: EventFeedProps) {
  const { feed } = live;
  const { rows, filter, isPaused, waiting } = feed;
  const { scroller, onScroll, first, last } = useWindow({
    count: rows.length,
    rowHeight: ROW_HEIGHT,
  });
  useKeptFocus(scroller, scroller);
  const toggle = (): void => live.change(() => (isPaused ? feed.resume() : feed.pause()));

  return (
    <>
      <div class="toolbar">
        <label class="search">
          <input
            type="search"
            aria-label="Filter events"
            placeholder="Filter events"
            spellcheck={false}
            value={filter.text}
            onInput={({ currentTarget: { value } }) => onFilter({ ...filter, text: value })}
          />
        </label>
        <select
          aria-label="Kind of event"
          value={filter.topic ?? ''}
          onChange={({ currentTarget: { value } }) =>
            onFilter({ ...filter, topic: (value || undefined) as ChangeTopic })
          }
        >
          <option value="">All kinds</option>
          {Object.entries(TOPIC_NAMES).map(([topic, name]) => (
            <option key={topic} value={topic}>
              {name}
            </option>
          ))}
        </select>
        <button class="pause" aria-pressed={isPaused} onClick={toggle}>
          {isPaused ? <PlayIcon /> : <PauseIcon />}
          {isPaused ? `Resume${waiting > 0 ? ` (${waiting.toLocaleString('en')})` : ''}` : 'Pause'}
        </button>
        <ExportButton name="events" table={() => eventTable(rows)} />
      </div>
      <div ref={scroller} class="scroller" tabIndex={-1} onScroll={onScroll}>
        {rows.length === 0 && (
          <p class="empty">
            {filter.text === '' && filter.topic === undefined
              ? 'No events since this page was opened.'
              : 'No event matches.'}
          </p>
        )}
        <ol class="rows" aria-label="Events" style={{ height: `${rows.length * ROW_HEIGHT}px` }}>
          {rows.slice(first, last).map(({ number, at, userId, topic, text, fromSnapshot }, i) => (
            <li
              key={number}
              class={`line event ${topic}`}
              style={{ transform: `translateY(${(first + i) * ROW_HEIGHT}px)` }}
            >
              <button
                title={fromSnapshot ? 'From a snapshot after a disconnect' : undefined}
                onClick={() => onOpen(userId)}
              >
                <time dateTime={at.toISOString()}>{clockTime(at)}</time>
                <span class="cut">
                  <bdi class="name">{userId}</bdi> {text}
                </span>
              </button>
            </li>
          ))}
        </ol>
      </div>
    </>
  );
}
