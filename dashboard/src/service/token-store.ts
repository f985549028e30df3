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

/**
 * Returns the token of `#token=...` in the address, if there is one. The address loses it, and so does the entry of the
 * history, where others could read it.
 */
export function takeTokenFromAddress(): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return undefined;
  history.replaceState(null, '', location.pathname + location.search);
  return token.trim() || undefined;
}
