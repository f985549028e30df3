import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Rows above and below what is seen, so that scrolling shows no gap and Tab finds what comes next. */
const MORE = 8;

interface WindowOptions {
  readonly count: number;
  readonly rowHeight: number;
  /** Of what stays at the top of the scroller, above the rows. */
  readonly headHeight?: number;
}

/** The rows of a long list that are in sight. Only these are in the document, however long the list is. */
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

  // In steps of a row: between them there is nothing to draw.
  const onScroll = useCallback(() => {
    setTop(Math.floor(scroller.current!.scrollTop / rowHeight) * rowHeight);
  }, [rowHeight]);

  /** Moves as little as is needed to have the row in sight. */
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
