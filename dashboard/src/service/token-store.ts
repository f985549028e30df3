const KEY = 'presence-token';

/** The token of this tab: gone with it, and in no address. */
export const tokenStore = {
  get(): string | undefined {
    return sessionStorage.getItem(KEY) ?? undefined;
  },

  set(token: string): void {
    sessionStorage.setItem(KEY, token);
  },

  clear(): void {
    sessionStorage.removeItem(KEY);
  },
};

/** Takes a token out of `#token=...`, and the address with it out of the history, where others could read it. */
export function takeTokenFromAddress(): void {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return;
  if (token !== '') tokenStore.set(token);
  history.replaceState(null, '', location.pathname + location.search);
}
