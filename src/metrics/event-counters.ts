import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import type { EventKind } from '../domain/event.js';
import { EVENT_KINDS } from '../domain/presence-diff.js';
import { PresenceStore, type Commit } from '../store/presence-store.js';

/** Counts the committed events by kind. */
@Injectable()
export class EventCounters implements OnApplicationShutdown {
  readonly counts = Object.fromEntries(Object.keys(EVENT_KINDS).map((kind) => [kind, 0])) as Record<
    EventKind,
    number
  >;
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
