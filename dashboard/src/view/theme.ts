export type Theme = 'dark' | 'light';

const KEY = 'presence-theme';

const prefersLight = matchMedia('(prefers-color-scheme: light)');

/** What was chosen here, or what the system prefers. */
export function currentTheme(): Theme {
  const chosen = localStorage.getItem(KEY);
  if (chosen === 'dark' || chosen === 'light') return chosen;
  return prefersLight.matches ? 'light' : 'dark';
}

/** Shows it, and calls `onChange`, now and whenever the system changes its mind. Returns the way to end that. */
export function followTheme(onChange: (theme: Theme) => void): () => void {
  const show = (): void => {
    const theme = currentTheme();
    document.documentElement.dataset.theme = theme;
    onChange(theme);
  };
  show();
  prefersLight.addEventListener('change', show);
  return () => prefersLight.removeEventListener('change', show);
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  document.documentElement.dataset.theme = theme;
}
