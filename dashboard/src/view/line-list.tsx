import type { ComponentChildren } from 'preact';
import { clockTime } from '../model/time-in-words.js';
import { useKeptFocus } from './use-kept-focus.js';
import { useWindow } from './use-window.js';

const ROW_HEIGHT = 34;

/** Something that happened. */
interface Line {
  readonly key: string | number;
  readonly at: Date;
  /** The user whose panel a click opens. */
  readonly userId: string;
  /** The name before the text. */
  readonly name: string;
  readonly text: string;
  readonly title?: string | undefined;
  readonly class?: string;
}

interface LineListProps {
  readonly name: string;
  /** The sentence that replaces an empty list. */
  readonly empty: ComponentChildren;
  /** The number of lines. */
  readonly count: number;
  /** Only the lines within the visible part are asked for. */
  readonly lineAt: (index: number) => Line;
  readonly onOpen: (userId: string) => void;
}

/** A long list of one-line entries, of which only the visible part is drawn. */
export function LineList({ name, empty, count, lineAt, onOpen }: LineListProps) {
  const { scroller, onScroll, first, last } = useWindow({ count, rowHeight: ROW_HEIGHT });
  useKeptFocus(scroller, scroller);
  const visible = Array.from({ length: last - first }, (_, i) => lineAt(first + i));
  return (
    <div ref={scroller} class="scroller" tabIndex={-1} onScroll={onScroll}>
      {count === 0 && <p class="empty">{empty}</p>}
      <ol class="rows" aria-label={name} style={{ height: `${count * ROW_HEIGHT}px` }}>
        {visible.map(({ key, at, userId, name, text, title, class: kind = '' }, i) => (
          <li
            key={key}
            class={`line event ${kind}`.trimEnd()}
            style={{ transform: `translateY(${(first + i) * ROW_HEIGHT}px)` }}
          >
            <button title={title} onClick={() => onOpen(userId)}>
              <time dateTime={at.toISOString()}>{clockTime(at)}</time>
              <span class="cut">
                <bdi class="name">{name}</bdi> {text}
              </span>
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
}
