import { useEffect, useReducer } from 'preact/hooks';
import type { DashboardStore } from '../service/live.js';

/** Draws anew what calls it, whenever something has changed and every second, in which spans of time grow. */
export function useLive(live: DashboardStore): void {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const unsubscribe = live.subscribe(() => draw(undefined));
    const timer = setInterval(() => draw(undefined), 1000);
    return () => {
      unsubscribe();
      clearInterval(timer);
    };
  }, [live]);
}
