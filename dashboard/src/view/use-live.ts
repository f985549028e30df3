import { useEffect, useReducer } from 'preact/hooks';
import type { DashboardStore } from '../service/live.js';

/** Renders the calling component again after every change, and every second, because displayed durations grow. */
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
