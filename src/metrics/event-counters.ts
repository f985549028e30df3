import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import type { Change } from '../domain/event.js';
import { PresenceStore, type Commit } from '../store/presence-store.js';

/** Counts the committed events by kind. */
@Injectable()
export class EventCounters implements OnApplicationShutdown {
  readonly counts: Record<Change['kind'], number> = {
    USER_ONLINE: 0,
    USER_OFFLINE: 0,
    USER_STATUS_CHANGED: 0,
    USER_CHANNEL_CHANGED: 0,
    USER_MUTE_STATE_CHANGED: 0,
    USER_CONNECTION_CHANGED: 0,
  };
  private readonly subscription: Subscription;

  constructor(store: PresenceStore) {
    this.subscription = store.commits.subscribe((commit) => this.count(commit));
  }

  onApplicationShutdown(): void {
    this.subscription.unsubscribe();
  }

  private count({ events }: Commit): void {
    for (const { change } of events) this.counts[change.kind]++;
  }
}
