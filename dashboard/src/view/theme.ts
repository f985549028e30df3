export type Theme = 'dark' | 'light';

const KEY = 'presence-theme';

const prefersLight = matchMedia('(prefers-color-scheme: light)');

/** The theme that was chosen here, or the preference of the system. */
export function currentTheme(): Theme {
  const chosen = localStorage.getItem(KEY);
  if (chosen === 'dark' || chosen === 'light') return chosen;
  return prefersLight.matches ? 'light' : 'dark';
}

/**
 * Applies the theme and calls `onChange`, now and whenever the preference of the system changes. Returns a function
 * that ends this.
 */
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
