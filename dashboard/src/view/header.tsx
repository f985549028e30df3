import type { CollectionState } from '#client';
import { useEffect, useState } from 'preact/hooks';
import type { DashboardStore } from '../service/live.js';
import { Logo, MoonIcon, SunIcon } from './icons.js';
import { chooseTheme, currentTheme, followTheme } from './theme.js';

interface HeaderProps {
  readonly live: DashboardStore;
  readonly onSignOut: () => void;
}

export function Header({ live, onSignOut }: HeaderProps) {
  const { tone, text } = connectionInWords(live.state);
  const enter = live.viewer === undefined ? 'explain' : 'details';
  return (
    <header class="header">
      <Logo />
      <h1>Presence</h1>
      <span class="host">{location.host}</span>
      <span class={`connection ${tone}`} role="status" aria-live="polite">
        <span class="pulse" aria-hidden="true" />
        <span class="cut">{text}</span>
      </span>
      <span class="grow" />
      <span class="keys" aria-hidden="true">
        <kbd>/</kbd> search <kbd>↑</kbd> <kbd>↓</kbd> move <kbd>Enter</kbd> {enter} <kbd>Esc</kbd>{' '}
        close
      </span>
      <ThemeToggle />
      <button class="quiet" onClick={onSignOut}>
        Sign out
      </button>
    </header>
  );
}

function ThemeToggle() {
  // The theme is read once: a browser that is queried just as the system preference changes does not send the event for
  // it.
  const [theme, setTheme] = useState(currentTheme);
  useEffect(() => followTheme(setTheme), []);
  const other = theme === 'dark' ? 'light' : 'dark';
  const toggle = (): void => {
    chooseTheme(other);
    setTheme(other);
  };
  const label = `Switch to the ${other} theme`;
  return (
    <button class="quiet square" aria-label={label} title={label} onClick={toggle}>
      {theme === 'dark' ? <SunIcon /> : <MoonIcon />}
    </button>
  );
}

interface ConnectionInWords {
  readonly tone: 'good' | 'waiting' | 'bad';
  readonly text: string;
}

/** Describes the state of the collection of users. */
function connectionInWords(state: CollectionState): ConnectionInWords {
  switch (state.status) {
    case 'loading':
      return { tone: 'waiting', text: state.error ? 'Unreachable, reconnecting' : 'Loading' };
    case 'live':
      return { tone: 'good', text: 'Live' };
    case 'stale':
      return { tone: 'bad', text: state.error ? 'Connection lost, reconnecting' : 'Catching up' };
    case 'closed':
      return { tone: 'bad', text: 'Closed' };
  }
}
