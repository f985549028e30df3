import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

type ElementRef = RefObject<HTMLElement | null>;

/**
 * Moves the focus to `refuge` when the calling component removes the focused element in `container` from the document.
 * Otherwise the focus would move to the top of the page.
 */
export function useKeptFocus(container: ElementRef, refuge: ElementRef): void {
  const hadFocus = container.current?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    if (hadFocus && document.activeElement === document.body) refuge.current?.focus();
  });
}
