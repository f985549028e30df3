import { replaceFragment } from './address.js';

const KEY = 'presence-token';

/** The token of this tab. It is deleted with the tab and is part of no address. */
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
 * Returns the token of `#token=...` in the address, if there is one. The token is removed from the address and from the
 * entry of the history, where others could read it. The rest of the link stays.
 */
export function takeTokenFromAddress(): string | undefined {
  const link = new URLSearchParams(location.hash.slice(1));
  const token = link.get('token');
  if (token === null) return undefined;
  link.delete('token');
  replaceFragment(link.toString());
  return token.trim() || undefined;
}
