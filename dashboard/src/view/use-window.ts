import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Additional rows above and below the visible ones, so that scrolling shows no gap and Tab finds the next row. */
const MORE = 8;

interface WindowOptions {
  readonly count: number;
  readonly rowHeight: number;
  /** The height of the part above the rows that stays at the top of the scroller. */
  readonly headHeight?: number;
}

/** Returns the visible rows of a long list. Only these are in the document, however long the list is. */
export function useWindow({ count, rowHeight, headHeight = 0 }: WindowOptions) {
  const scroller = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(0);

  useLayoutEffect(() => {
    const element = scroller.current!;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    setHeight(element.clientHeight);
    return () => observer.disconnect();
  }, []);

  // Rounded to full rows, because between them there is nothing to render.
  const onScroll = useCallback(() => {
    setTop(Math.floor(scroller.current!.scrollTop / rowHeight) * rowHeight);
  }, [rowHeight]);

  /** Scrolls as little as possible to make the row visible. */
  const reveal = (row: number): void => {
    const element = scroller.current!;
    const above = row * rowHeight;
    const below = above + rowHeight + headHeight - element.clientHeight;
    if (element.scrollTop > above) element.scrollTop = above;
    else if (element.scrollTop < below) element.scrollTop = below;
  };

  const first = Math.max(0, Math.min(Math.floor(top / rowHeight) - MORE, count - 1));
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + MORE);
  const rowsInSight = Math.max(1, Math.floor((height - headHeight) / rowHeight) - 1);
  return { scroller, onScroll, reveal, first, last, rowsInSight };
}
