import { checkId, checkList, checkOptions } from './arguments.js';
import type { CallExecutor, RequestOptions } from './call-executor.js';
import { countOf, type PresenceCount } from './count.js';
import { dispose } from './disposal.js';
import type { WatchCountsResponse } from './generated/presence/v1/events_service_pb.js';
import { LiveState, type CollectionState } from './live-state.js';
import { ObservableValue, type ReadonlyValue } from './observable-value.js';
import { PresenceError } from './presence-error.js';
import { Scope } from './scope.js';
import { runStream } from './subscription-stream.js';

export const MAX_COUNTED_CHANNELS = 1000;

/**
 * Live counts of users, one for each watched channel in the given order, or one of all users. The value is empty until
 * the counts arrive. It keeps the last counts while the connection is lost.
 */
export class CountWatch extends ObservableValue<readonly PresenceCount[]> {
  private readonly scope: Scope;
  private readonly live: LiveState;
  private readonly channelIds: readonly string[];
  private readonly latest = new Map<string | undefined, PresenceCount>();

  /** @private Use `watchCounts` of a client. */
  constructor(
    private readonly caller: CallExecutor,
    channelIds: readonly string[],
    options: RequestOptions,
  ) {
    super([]);
    checkList(channelIds, 'channelIds', MAX_COUNTED_CHANNELS, checkId);
    checkOptions(options);
    this.channelIds = [...channelIds];
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
      ({ events }, call) => events.watchCounts({ channelIds: [...this.channelIds] }, call),
      ({ counts }) => {
        // A message without counts only proves that the stream is open. The first one has all counts.
        if (counts.length === 0) return;
        for (const message of counts) {
          const count = countOf(message);
          this.latest.set(count.channelId, count);
        }
        const wanted = this.channelIds.length === 0 ? [undefined] : this.channelIds;
        this.set(wanted.flatMap((channelId) => this.latest.get(channelId) ?? []));
        this.live.catchUp();
      },
    );
  }
}
