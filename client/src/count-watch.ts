import type { CallExecutor } from './call-executor.js';
import {
  countedPlaces,
  countOf,
  type CountedPlaces,
  type CountOptions,
  type PresenceCount,
} from './count.js';
import { dispose } from './disposal.js';
import type { WatchCountsResponse } from './generated/presence/v1/events_service_pb.js';
import { LiveState, type CollectionState } from './live-state.js';
import { ObservableValue, type ReadonlyValue } from './observable-value.js';
import { PresenceError } from './presence-error.js';
import { Scope } from './scope.js';
import { runStream } from './subscription-stream.js';

/**
 * Live counts of users, one for each watched channel and then for each group in the given order, or one of all users. The
 * value is empty until the counts arrive. It keeps the last counts while the connection is lost.
 */
export class CountWatch extends ObservableValue<readonly PresenceCount[]> {
  private readonly scope: Scope;
  private readonly live: LiveState;
  private readonly places: CountedPlaces;
  /** The last count of each channel or group, or of all users. */
  private readonly latest = new Map<string, PresenceCount>();

  /** @private Use `watchCounts` of a client. */
  constructor(
    private readonly caller: CallExecutor,
    channelIds: readonly string[],
    options: CountOptions,
  ) {
    super([]);
    this.places = countedPlaces(channelIds, options);
    this.scope = new Scope(caller.options.signal, options.signal);
    this.live = new LiveState(caller, this.scope);
    void this.live.run(
      () => this.follow(),
      () => this.complete(),
    );
  }

  /** Whether the counts are current. Completes when they are closed. */
  get state(): ReadonlyValue<CollectionState> {
    return this.live.value;
  }

  /** Resolves when the counts have arrived for the first time. Rejects if they are closed before. */
  get ready(): Promise<void> {
    return this.live.ready;
  }

  /** Stops counting. The last counts stay readable. Can be called again. */
  close(): void {
    this.scope.abort(new PresenceError('closed', 'the counts were closed'));
  }

  [dispose](): void {
    this.close();
  }

  private follow() {
    return runStream<WatchCountsResponse>(
      this.caller,
      this.scope.signal,
      ({ events }, call) => events.watchCounts(this.places, call),
      ({ counts }) => {
        // A message without counts only proves that the stream is open. The first one has all counts.
        if (counts.length === 0) return;
        for (const message of counts) {
          const count = countOf(message);
          this.latest.set(keyOf(count), count);
        }
        this.set(this.wanted().flatMap((key) => this.latest.get(key) ?? []));
        this.live.catchUp();
      },
    );
  }

  private wanted(): string[] {
    const { channelIds, groupIds } = this.places;
    if (channelIds.length === 0 && groupIds.length === 0) return [keyOf({})];
    return [
      ...channelIds.map((channelId) => keyOf({ channelId })),
      ...groupIds.map((groupId) => keyOf({ groupId })),
    ];
  }
}

/** A channel and a group may have the same id. */
function keyOf({ channelId, groupId }: Partial<PresenceCount>): string {
  return JSON.stringify([channelId, groupId]);
}
