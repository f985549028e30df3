import { useEffect, useReducer, useRef } from 'preact/hooks';
import type { DashboardStore } from '../service/live.js';
import type { Viewer } from '../service/viewer.js';
import { Header } from './header.js';
import { Panel } from './panel.js';
import { Side } from './side.js';
import { Tiles } from './tiles.js';
import { useView } from './use-view.js';
import { Users } from './users.js';

interface BoardProps {
  readonly live: DashboardStore;
  readonly onSignOut: () => void;
}

/** The complete view after sign-in. */
export function Board({ live, onSignOut }: BoardProps) {
  useLive(live);
  const [view, onView] = useView(live);
  const { userId: selected } = view;
  const search = useRef<HTMLInputElement>(null);
  /** The element that had the focus before the panel. */
  const opener = useRef<HTMLElement>(null);

  const open = (userId: string): void => {
    if (selected === undefined) opener.current = document.activeElement as HTMLElement;
    onView({ userId });
  };
  const close = (): void => {
    onView({ userId: undefined });
    // The row of a list may have been removed since.
    const back = opener.current?.isConnected ? opener.current : search.current;
    back?.focus();
  };

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === '/' && !isTyping(event.target)) {
        event.preventDefault();
        search.current?.focus();
      }
      if (event.key === 'Escape' && !event.defaultPrevented && selected !== undefined) close();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [selected]);

  return (
    <div class="board">
      <Header live={live} onSignOut={onSignOut} />
      <main>
        {live.viewer === undefined ? (
          <Tiles userCount={live.userCount} metrics={live.metrics} />
        ) : (
          <ViewerNote viewer={live.viewer} />
        )}
        <div class="columns">
          <Users live={live} search={search} view={view} onView={onView} onOpen={open} />
          <Side live={live} view={view} onView={onView} onOpen={open} />
        </div>
      </main>
      {selected !== undefined && (
        <Panel key={selected} live={live} userId={selected} onClose={close} />
      )}
    </div>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
}

/** The note above the lists if the token is not an admin's: what the page shows, and what it does not. */
function ViewerNote({ viewer: { userId, isWatchOnly } }: { readonly viewer: Viewer }) {
  return (
    <p class="viewer-note card" role="note">
      The page shows the users and channels that the token
      {userId !== undefined && (
        <>
          {' of '}
          <bdi>{userId}</bdi>
        </>
      )}{' '}
      may see.
      {isWatchOnly && ' The token is only for watching: it cannot begin a session.'} Metrics,
      sessions and explanations need a token with the scope <code>presence:admin</code>.
    </p>
  );
}

/** Renders the calling component again after every change, and every second, because displayed durations grow. */
function useLive(live: DashboardStore): void {
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
