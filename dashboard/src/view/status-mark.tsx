import type { JSX } from 'preact';
import { nameOf, type Status } from '../model/user.js';

/** A shape for each status, so that the meaning does not depend on colour alone. */
const FORMS: Readonly<Record<Status, JSX.Element>> = {
  online: <circle cx="6" cy="6" r="5" fill="currentColor" />,
  idle: <path d="M10.6 7.4A5 5 0 1 1 5.2 1.2a4 4 0 0 0 5.4 6.2Z" fill="currentColor" />,
  away: (
    <path
      d="M6 1.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 1 0 0-9M6 3.6V6l1.7 1.4"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
    />
  ),
  'do-not-disturb': (
    <path
      d="M6 1a5 5 0 1 0 0 10A5 5 0 1 0 6 1M3 5.1h6v1.8H3Z"
      fill="currentColor"
      fill-rule="evenodd"
    />
  ),
  offline: <circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" stroke-width="1.6" />,
};

/** A status as a mark and its name. */
export function StatusMark({ status }: { readonly status: Status }) {
  return (
    <span class={`status ${status}`}>
      <svg class="mark" viewBox="0 0 12 12" aria-hidden="true">
        {FORMS[status]}
      </svg>
      {nameOf(status)}
    </span>
  );
}

/** The mark alone, for small spaces. The name is still available to screen readers. */
export function StatusDot({ status }: { readonly status: Status }) {
  return (
    <span class={`status ${status}`} title={nameOf(status)}>
      <svg class="mark" viewBox="0 0 12 12" role="img" aria-label={nameOf(status)}>
        {FORMS[status]}
      </svg>
    </span>
  );
}
