import type { ComponentChildren } from 'preact';

/** An icon beside a text with the same meaning, so screen readers skip it. */
function Icon({ children }: { readonly children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="12" cy="16" r="8" fill="none" stroke="var(--accent)" stroke-width="3.5" />
      <circle cx="24" cy="16" r="5" fill="var(--online)" />
    </svg>
  );
}

export const SearchIcon = () => (
  <Icon>
    <circle cx="7" cy="7" r="4.5" />
    <path d="M10.5 10.5 14 14" />
  </Icon>
);

export const MicrophoneOffIcon = () => (
  <Icon>
    <path d="M6 4a2 2 0 0 1 4 0v3a2 2 0 0 1-4 0ZM3.5 7.5a4.5 4.5 0 0 0 9 0M8 12v2M2 2l12 12" />
  </Icon>
);

export const SpeakerOffIcon = () => (
  <Icon>
    <path d="M2.5 6h2.5l3.5-3v10L5 10H2.5ZM11 6.2l3.4 3.6M14.4 6.2 11 9.8" />
  </Icon>
);

export const SunIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="3" />
    <path d="M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1" />
  </Icon>
);

export const MoonIcon = () => (
  <Icon>
    <path d="M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7Z" />
  </Icon>
);

export const CloseIcon = () => (
  <Icon>
    <path d="m3.5 3.5 9 9M12.5 3.5l-9 9" />
  </Icon>
);

export const ChevronIcon = () => (
  <Icon>
    <path d="m6 3.5 4.5 4.5L6 12.5" />
  </Icon>
);

export const PauseIcon = () => (
  <Icon>
    <path d="M5.5 3v10M10.5 3v10" />
  </Icon>
);

export const PlayIcon = () => (
  <Icon>
    <path d="M5 3v10l7.5-5Z" />
  </Icon>
);

export const DownloadIcon = () => (
  <Icon>
    <path d="M8 2v8M4.5 7 8 10.5 11.5 7M3 13.5h10" />
  </Icon>
);
