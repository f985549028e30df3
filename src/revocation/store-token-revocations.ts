import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import type { Principal } from '../auth/principal.js';
import { TokenRevocations, tokenRevoked, type RevocableStream } from '../auth/token-revocations.js';
import { PresenceStore, type Commit } from '../store/presence-store.js';

/** The revoked tokens, from the users in the store. */
@Injectable()
export class StoreTokenRevocations extends TokenRevocations implements OnApplicationShutdown {
  /** The watched streams with their callers, by user id. */
  private readonly streams = new Map<string, Map<RevocableStream, Principal>>();
  private readonly commits: Subscription;

  constructor(private readonly store: PresenceStore) {
    super();
    this.commits = store.commits.subscribe((commit) => this.apply(commit));
  }

  // Streams stay open while the server drains.
  onApplicationShutdown(): void {
    this.commits.unsubscribe();
  }

  watch(caller: Principal, stream: RevocableStream): () => void {
    this.assertValid(caller);
    const { userId } = caller;
    const streams = this.streams.get(userId) ?? new Map<RevocableStream, Principal>();
    this.streams.set(userId, streams.set(stream, caller));
    return () => {
      streams.delete(stream);
      // After the last stream of the user had ended, another one may have begun with a new map.
      if (streams.size === 0 && this.streams.get(userId) === streams) this.streams.delete(userId);
    };
  }

  protected validFrom(userId: string): number | undefined {
    return this.store.view.tokensValidFrom.get(userId);
  }

  private apply({ before, user }: Commit): void {
    if (user.accessRules.tokensValidFrom === undefined) return;
    if (user.accessRules === before?.accessRules) return;
    for (const [stream, caller] of this.streams.get(user.userId) ?? []) {
      if (this.isRevoked(caller)) stream.end(tokenRevoked());
    }
  }
}
