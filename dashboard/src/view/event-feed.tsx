import type { ChangeTopic } from '#client/describe';
import { TOPIC_NAMES, type FeedFilter } from '../model/feed.js';
import { eventTable } from '../model/tables.js';
import type { DashboardStore } from '../service/live.js';
import { ExportButton } from './export-button.js';
import { PauseIcon, PlayIcon } from './icons.js';
import { LineList } from './line-list.js';

interface EventFeedProps {
  readonly live: DashboardStore;
  readonly onOpen: (userId: string) => void;
  readonly onFilter: (filter: FeedFilter) => void;
}

/** The events, newest first. */
export function EventFeed({ live, onOpen, onFilter }: EventFeedProps) {
  const { feed } = live;
  const { rows, filter, isPaused, waiting } = feed;
  const toggle = (): void => live.change(() => (isPaused ? feed.resume() : feed.pause()));

  return (
    <>
      <div class="toolbar">
        <label class="search">
          <input
            type="search"
            aria-label="Filter events"
            placeholder="Filter"
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
      <LineList
        name="Events"
        empty={
          filter.text === '' && filter.topic === undefined
            ? 'No events since this page was opened.'
            : 'No event matches.'
        }
        count={rows.length}
        lineAt={(index) => {
          const { number, at, userId, topic, text, fromSnapshot } = rows[index]!;
          const title = fromSnapshot ? 'From a snapshot after a disconnect' : undefined;
          return { key: number, at, userId, name: userId, text, title, class: topic };
        }}
        onOpen={onOpen}
      />
    </>
  );
}
