import { useEffect } from 'preact/hooks';

interface NoticeProps {
  readonly text: string;
  readonly onDismiss: () => void;
}

/** A sentence over the board, until it is dismissed. */
export function Notice({ text, onDismiss }: NoticeProps) {
  // The button takes the focus with it when it goes.
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
