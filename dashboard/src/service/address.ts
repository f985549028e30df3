/** Browsers ignore the changes of an address that changes too often, for example with every typed letter. */
const WRITTEN_AFTER_MS = 300;

/** The part of the address after the #, which no request contains. It holds the link to the current view. */
export class Address {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pending: string | undefined;
  /** The last known fragment. If the address has another one, a new link was entered, and its event follows. */
  private known = fragment();
  private readonly follow = (): void => {
    this.known = fragment();
    this.forget();
    this.onLink(this.known);
  };

  /** `onLink` receives a link that was entered while the page was open. */
  constructor(private readonly onLink: (fragment: string) => void) {
    addEventListener('hashchange', this.follow);
  }

  /** Writes a link soon. It replaces the current entry of the history. */
  write(link: string): void {
    this.pending = link;
    this.timer ??= setTimeout(() => this.flush(), WRITTEN_AFTER_MS);
  }

  close(): void {
    removeEventListener('hashchange', this.follow);
    this.flush();
  }

  private flush(): void {
    const { pending } = this;
    this.forget();
    if (pending === undefined || fragment() !== this.known) return;
    replaceFragment(pending);
    this.known = fragment();
  }

  private forget(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.pending = undefined;
  }
}

export function fragment(): string {
  return location.hash.slice(1);
}

/** Replaces the part of the address after the #, without a new entry in the history. */
export function replaceFragment(link: string): void {
  const { pathname, search } = location;
  history.replaceState(null, '', pathname + search + (link === '' ? '' : `#${link}`));
}
