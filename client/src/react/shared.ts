/**
 * How long a shared resource stays open after its last user has left, in milliseconds. React unmounts components and
 * mounts them again at once: in StrictMode, when a route changes, and when a list is scrolled.
 */
export const LINGER_MS = 1000;

/** A resource that the components of a page share. It opens for the first one, and closes after the last one. */
export class Shared<T> {
  private users = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private opened: T | undefined;

  constructor(
    private readonly open: () => T,
    private readonly close: (value: T) => void,
  ) {}

  /** Undefined while it has no users. */
  get value(): T | undefined {
    return this.opened;
  }

  /** Keeps it open until the returned function is called. */
  retain(): () => void {
    this.users++;
    clearTimeout(this.timer);
    this.opened ??= this.open();
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      if (--this.users > 0) return;
      this.timer = setTimeout(() => {
        const { opened } = this;
        this.opened = undefined;
        if (opened !== undefined) this.close(opened);
      }, LINGER_MS);
    };
  }
}

/** Shared resources by key, each opened when it is first used. */
export class SharedByKey<T> {
  private readonly entries = new Map<string, Shared<T>>();

  constructor(
    private readonly open: (key: string) => T,
    private readonly close: (value: T, key: string) => void,
  ) {}

  get(key: string): T | undefined {
    return this.entries.get(key)?.value;
  }

  retain(key: string): () => void {
    let entry = this.entries.get(key);
    if (entry === undefined) {
      entry = new Shared(
        () => this.open(key),
        (value) => {
          this.entries.delete(key);
          this.close(value, key);
        },
      );
      this.entries.set(key, entry);
    }
    return entry.retain();
  }
}

/** The listeners of a value. */
export class Listeners {
  private readonly all = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    // A wrapper, because the same function may be added twice.
    const own = (): void => listener();
    this.all.add(own);
    return () => void this.all.delete(own);
  };

  notify = (): void => {
    for (const listener of [...this.all]) listener();
  };
}
