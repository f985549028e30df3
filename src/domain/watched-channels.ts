import { NO_CHANNELS } from './presence.js';

type MayWatch = (channelId: string) => boolean;

/** The maximum size of what is remembered, in channel ids of 8 bytes. It includes what was collected as garbage since. */
const MAX_REMEMBERED = 1_000_000;

/** The size of a remembered result without its channels. */
const RESULT_SIZE = 16;

type Lists = WeakMap<readonly string[], readonly string[]>;

let remembered = new WeakMap<MayWatch, Lists>();
let size = 0;

/**
 * Returns the channels in a list that a viewer may watch, in the order of the list. Each list is evaluated once for each
 * `mayWatch`: a user can be in 1,000 channels, and most commits of a user share the list. Returns the list itself if the
 * viewer may watch all of them.
 */
export function watchedAmong(mayWatch: MayWatch, channelIds: readonly string[]): readonly string[] {
  if (channelIds.length === 0) return channelIds;
  const known = remembered.get(mayWatch)?.get(channelIds);
  if (known !== undefined) return known;
  const watched = among(mayWatch, channelIds);
  size += RESULT_SIZE + (watched === channelIds ? 0 : watched.length);
  if (size > MAX_REMEMBERED) {
    remembered = new WeakMap();
    size = 0;
  }
  let lists = remembered.get(mayWatch);
  if (lists === undefined) remembered.set(mayWatch, (lists = new WeakMap()));
  lists.set(channelIds, watched);
  return watched;
}

function among(mayWatch: MayWatch, channelIds: readonly string[]): readonly string[] {
  const watched = channelIds.filter((channelId) => mayWatch(channelId));
  if (watched.length === 0) return NO_CHANNELS;
  return watched.length === channelIds.length ? channelIds : watched;
}
