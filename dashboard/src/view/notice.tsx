import { useEffect } from 'preact/hooks';

interface NoticeProps {
  readonly text: string;
  readonly onDismiss: () => void;
}

/** A message above the board, displayed until it is dismissed. */
export function Notice({ text, onDismiss }: NoticeProps) {
  // The focused button disappears with the notice, so the focus returns to the previous element.
  useEffect(() => {
    const before = document.activeElement;
    return () => {
      if (document.activeElement === document.body && before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <div class="notice card" role="alert">
      <p class="complaint">{text}</p>
      <button class="quiet" onClick={onDismiss}>
        Dismiss
      </button>
    </div>
  );
}
