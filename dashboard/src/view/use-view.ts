import { useEffect, useRef, useState } from 'preact/hooks';
import { readView, writeView, type View } from '../model/view.js';
import { Address, fragment } from '../service/address.js';
import type { DashboardStore } from '../service/live.js';

/** Returns the view of the address, and a function that changes parts of it. The address follows these changes. */
export function useView(live: DashboardStore): [View, (part: Partial<View>) => void] {
  const [view, setView] = useState(() => {
    const linked = readView(fragment());
    select(live, linked);
    return linked;
  });
  const latest = useRef(view);
  const address = useRef<Address>(null);

  const show = (next: View): void => {
    latest.current = next;
    live.change(() => select(live, next));
    setView(next);
  };
  useEffect(() => {
    address.current = new Address((link) => show(readView(link)));
    return () => address.current?.close();
  }, [live]);

  const change = (part: Partial<View>): void => {
    show({ ...latest.current, ...part });
    address.current?.write(writeView(latest.current));
  };
  return [view, change];
}

/** Applies the filters of a view to the lists. */
function select({ users, feed }: DashboardStore, view: View): void {
  if (users.filter !== view.users) users.filterBy(view.users);
  if (users.sort !== view.sort) users.sortBy(view.sort);
  if (feed.filter !== view.events) feed.filterBy(view.events);
}
