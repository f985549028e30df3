import { NO_CHANNELS } from './presence.js';

type MayWatch = (channelId: string) => boolean;

/** The maximum size of what is remembered, in channel ids of 8 bytes. It includes what was collected as garbage since. */
const MAX_REMEMBERED = 1_000_000;

/** The size of a remembered result without its channels. */
const RESULT_SIZE = 16;

/** The maximum number of adjacent channels that were left, plus one. A session that ends leaves at most 50. */
const MAX_LEFT = 64;

interface Known {
  readonly lists: WeakMap<readonly string[], readonly string[]>;
  /** The list that was asked for last, and the watched channels in it. */
  latest: readonly [channelIds: readonly string[], watched: readonly string[]];
}

let remembered = new WeakMap<MayWatch, Known>();
let size = 0;

/**
 * Returns the channels in a list that a viewer may watch, in the order of the list. Each list is evaluated once for each
 * `mayWatch`: a user can be in 1,000 channels, and most commits of a user share the list. If the list differs in a few
 * channels from the one before, as after a commit, only these are evaluated. Returns the list itself if the
 * viewer may watch all of them.
 */
export function watchedAmong(mayWatch: MayWatch, channelIds: readonly string[]): readonly string[] {
  if (channelIds.length === 0) return channelIds;
  const known = remembered.get(mayWatch);
  const watchedBefore = known?.lists.get(channelIds);
  if (known !== undefined && watchedBefore !== undefined) {
    known.latest = [channelIds, watchedBefore];
    return watchedBefore;
  }
  const watched = among(mayWatch, channelIds, known?.latest ?? [NO_CHANNELS, NO_CHANNELS]);
  remember(mayWatch, channelIds, watched);
  return watched;
}

function remember(
  mayWatch: MayWatch,
  channelIds: readonly string[],
  watched: readonly string[],
): void {
  size += RESULT_SIZE + (watched === channelIds ? 0 : watched.length);
  if (size > MAX_REMEMBERED) {
    remembered = new WeakMap();
    size = 0;
  }
  const latest = [channelIds, watched] as const;
  let known = remembered.get(mayWatch);
  if (known === undefined) remembered.set(mayWatch, (known = { lists: new WeakMap(), latest }));
  known.lists.set(channelIds, watched);
  known.latest = latest;
}

/** `latest`: a list and the watched channels in it. Channels that both lists have in the same order are not evaluated again. */
function among(
  mayWatch: MayWatch,
  channelIds: readonly string[],
  [before, watchedBefore]: Known['latest'],
): readonly string[] {
  let [next, nextWatched] = [0, 0];
  const isNextWatched = (): boolean => {
    const isWatched = watchedBefore[nextWatched] === before[next++];
    if (isWatched) nextWatched++;
    return isWatched;
  };
  const watched = channelIds.filter((channelId) => {
    const end = Math.min(next + MAX_LEFT, before.length);
    for (let i = next; i < end; i++) {
      if (before[i] !== channelId) continue;
      while (next < i) isNextWatched();
      return isNextWatched();
    }
    return mayWatch(channelId);
  });
  if (watched.length === 0) return NO_CHANNELS;
  return watched.length === channelIds.length ? channelIds : watched;
}
