import type {
  Change,
  CollectionState,
  CountWatch,
  PresenceClient,
  PresenceCollection,
  PresenceCount,
  Status,
} from '#client';
import { Channels } from '../model/channels.js';
import { Feed } from '../model/feed.js';
import { MetricHistory } from '../model/metric-history.js';
import { UserTable } from '../model/user-table.js';
import { AuditFeed } from './audit-feed.js';
import { ChannelCounts } from './channel-counts.js';
import { DashboardApi } from './dashboard-api.js';
import { fetchClockAheadMs } from './service-clock.js';
import { isAboutToken, type SignedIn } from './sign-in.js';
import type { Viewer } from './viewer.js';

/** Changes are displayed together, ten times a second: people cannot read more, and ten thousand users change often. */
const SHOWN_EVERY_MS = 100;

/** The interval between two reads of the metrics, in milliseconds. */
const METRICS_EVERY_MS = 2000;

/** All data of the dashboard, kept up to date while it is open. */
export class DashboardStore {
  readonly users = new UserTable();
  readonly channels = new Channels();
  readonly feed = new Feed();
  readonly metrics = new MetricHistory();
  readonly channelCounts: ChannelCounts;
  clockAheadMs = 0;
  private readonly collection: PresenceCollection;
  private readonly counts: CountWatch;
  private readonly stop = new AbortController();
  private readonly listeners = new Set<() => void>();
  private pending: Change[] = [];
  private isDue = false;
  private hasBeenLive = false;

  readonly client: PresenceClient;
  /** Undefined: the token is an admin's. Otherwise the page shows and requests only what a viewer may see. */
  readonly viewer: Viewer | undefined;
  readonly api: DashboardApi;
  readonly audit: AuditFeed;

  /** `onRejected` is called when the service does not accept the token any more. */
  constructor(
    { client, token, viewer }: SignedIn,
    readonly onRejected: (error: unknown) => void,
  ) {
    this.client = client;
    this.viewer = viewer;
    this.api = new DashboardApi(token);
    this.audit = new AuditFeed(this.api, () => this.scheduleRender());
    this.collection = client.watch();
    this.collection.subscribe((change) => {
      this.pending.push(change);
      this.scheduleRender();
    });
    this.collection.state.subscribe((state) => {
      if (state.status === 'closed' && isAboutToken(state.error)) onRejected(state.error);
      this.scheduleRender();
    });
    this.counts = client.watchCounts();
    this.counts.subscribe(() => this.scheduleRender());
    this.channelCounts = new ChannelCounts(client, () => this.scheduleRender());
    if (viewer === undefined) void this.followMetrics();
    else void this.readClock();
  }

  /** The number of users who are not offline. */
  get userCount(): number {
    return this.count?.total ?? this.users.size;
  }

  get state(): CollectionState {
    return this.collection.state.value;
  }

  /** The number of users with a status. */
  countOf(status: Status): number {
    const known = this.users.counts[status];
    return status === 'offline' ? known : (this.count?.byStatus[status] ?? known);
  }

  /** The time of the service, in milliseconds since 1970. */
  now(): number {
    return Date.now() + this.clockAheadMs;
  }

  /** Calls `listener` after every displayed change. Returns a function that ends this. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Applies a change that the person at the dashboard made, and displays it at once. */
  change(act: (live: DashboardStore) => void): void {
    act(this);
    this.show();
  }

  close(): void {
    this.stop.abort();
    this.channelCounts.close();
    this.audit.close();
    this.client.close();
    this.listeners.clear();
  }

  /** The counts of the service. Undefined while they are not current: then the known users are counted. */
  private get count(): PresenceCount | undefined {
    return this.counts.state.value.status === 'live' ? this.counts.value[0] : undefined;
  }

  private scheduleRender(): void {
    if (this.isDue) return;
    this.isDue = true;
    // A timer instead of an animation frame: a hidden tab gets no frames, and its changes would accumulate.
    setTimeout(() => {
      this.isDue = false;
      this.applyPending();
      this.show();
    }, SHOWN_EVERY_MS);
  }

  private applyPending(): void {
    const changes = this.pending;
    this.pending = [];
    this.users.apply(changes);
    this.channels.apply(changes);
    // The first snapshot is not news: its users were there before.
    const news = this.hasBeenLive ? changes : changes.filter(isNews);
    this.feed.add(news, new Date(this.now()));
    if (this.state.status === 'live') this.hasBeenLive = true;
  }

  private show(): void {
    for (const listener of this.listeners) listener();
  }

  private async readClock(): Promise<void> {
    this.clockAheadMs = await fetchClockAheadMs(this.stop.signal);
    this.show();
  }

  private async followMetrics(): Promise<void> {
    const { signal } = this.stop;
    for (const { metrics, at } of await this.api.pastMetrics(signal).catch(() => []))
      this.metrics.add(metrics, at);
    while (!signal.aborted) {
      const current = await this.api.metrics(signal).catch(() => undefined);
      if (signal.aborted) return;
      this.metrics.add(current?.metrics, performance.now());
      if (current !== undefined) this.clockAheadMs = current.clockAheadMs;
      this.show();
      await new Promise((resolve) => setTimeout(resolve, METRICS_EVERY_MS));
    }
  }
}

function isNews({ reason }: Change): boolean {
  return reason !== 'snapshot';
}
