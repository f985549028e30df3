import type { CountWatch, PresenceClient } from '#client';

/** The list is scrolled quickly. The counts are requested when the same channels were visible for this time. */
const SETTLED_AFTER_MS = 200;

/** The counts of the visible channels, as the service counts them. */
export class ChannelCounts {
  private watch: CountWatch | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private totals: ReadonlyMap<string | undefined, number> = new Map();

  /** `onChange` is called when a count has changed. */
  constructor(
    private readonly client: PresenceClient,
    private readonly onChange: () => void,
  ) {}

  /** Counts the users in these channels from now on, and in no others. */
  show(channelIds: readonly string[]): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.follow(channelIds), SETTLED_AFTER_MS);
  }

  /** Returns the number of users in a channel. Undefined while the service does not count them. */
  totalOf(channelId: string): number | undefined {
    return this.watch?.state.value.status === 'live' ? this.totals.get(channelId) : undefined;
  }

  close(): void {
    clearTimeout(this.timer);
    this.watch?.close();
    this.watch = undefined;
  }

  private follow(channelIds: readonly string[]): void {
    this.close();
    this.totals = new Map();
    // Without channels, the service would count all users.
    if (channelIds.length === 0) return;
    const watch = this.client.watchCounts(channelIds);
    this.watch = watch;
    watch.subscribe((counts) => {
      this.totals = new Map(counts.map(({ channelId, total }) => [channelId, total]));
      this.onChange();
    });
  }
}
