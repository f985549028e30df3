import type { Viewer } from '../domain/viewer.js';
import { hiddenViewers, type CommitFacts, type ViewedChange } from './commit-facts.js';
import { put, take } from './reader-sets.js';

/**
 * The maximum size of what the index remembers about which rights let a reader watch which channels, in entries of about 32
 * bytes. A few users can be in thousands of channels: to check all rights again for each of their commits would take long.
 */
const MAX_REMEMBERED = 2_000_000;

/** The size of a remembered channel without the rights. */
const CHANNEL_SIZE = 8;

/** The number of rights without readers that the remembered channels may hold, if there are not more with readers. */
const MAX_LEFT = 1000;

/** Readers with the same rights. */
interface Peers<Reader> {
  /** A viewer with these rights who is no user, so that no user hides from it. */
  readonly viewer: Viewer;
  readonly readers: Set<Reader>;
  /** The number of rights that were added before, and these. */
  readonly nth: number;
}

/** Rights that let a reader watch a channel. */
interface Watchers<Reader> {
  readonly peers: Set<Peers<Reader>>;
  /** The number of rights that were added when they were checked last. */
  checked: number;
}

/**
 * The readers who follow everyone whom they see, by their rights. Readers with the same rights see the same, so a commit
 * is checked once for each of the rights that may let a reader see the user.
 */
export class RightsIndex<Reader, Change extends ViewedChange = CommitFacts> {
  private readonly peers = new Map<string, Peers<Reader>>();
  private readonly byGroup = new Map<string, Set<Peers<Reader>>>();
  /** The readers who see every user, but not every channel. */
  private readonly seeingEveryone = new Set<Peers<Reader>>();
  /** The readers with groups who may watch every channel. */
  private readonly watchingEverything = new Set<Peers<Reader>>();
  /** The other readers with groups, by the order in which they were added. */
  private readonly watchingSome = new Map<number, Peers<Reader>>();
  /** The readers of `watchingSome` who may watch a channel, for the channels of recent commits. */
  private readonly byChannel = new Map<string, Watchers<Reader>>();
  /** The size of `byChannel`, including entries for rights that no reader has any more. */
  private remembered = 0;
  private added = 0;
  /** The number of rights that lost their last reader since `byChannel` was empty. */
  private left = 0;
  private readonly byViewer = new Map<string, Set<Reader>>();

  /** `isSeen`: whether a commit changes anything for viewers with the same rights. */
  constructor(private readonly isSeen: (viewer: Viewer, facts: Change) => boolean) {}

  /** The number of different rights. */
  get size(): number {
    return this.peers.size;
  }

  add(viewer: Viewer, reader: Reader): void {
    put(this.byViewer, viewer.userId, reader);
    let peers = this.peers.get(viewer.rights);
    if (peers === undefined) {
      peers = { viewer: { ...viewer, userId: '' }, readers: new Set(), nth: ++this.added };
      this.peers.set(viewer.rights, peers);
      if (viewer.groups === undefined) this.seeingEveryone.add(peers);
      else if (viewer.mayWatch === undefined) this.watchingEverything.add(peers);
      else this.watchingSome.set(peers.nth, peers);
      for (const groupId of viewer.groups ?? []) put(this.byGroup, groupId, peers);
    }
    peers.readers.add(reader);
  }

  delete(viewer: Viewer, reader: Reader): void {
    take(this.byViewer, viewer.userId, reader);
    const peers = this.peers.get(viewer.rights);
    peers?.readers.delete(reader);
    if (peers?.readers.size !== 0) return;
    this.peers.delete(viewer.rights);
    this.seeingEveryone.delete(peers);
    this.watchingEverything.delete(peers);
    this.watchingSome.delete(peers.nth);
    for (const groupId of viewer.groups ?? []) take(this.byGroup, groupId, peers);
    // Removing them from every channel would take long.
    if (++this.left > Math.max(MAX_LEFT, this.peers.size) || this.peers.size === 0)
      this.forgetChannels();
  }

  /**
   * Yields the readers who may see a difference. A reader can occur more than once. Yields undefined after each check of a
   * channel or of rights: the caller can pause there, and readers can be added and deleted meanwhile.
   */
  *readersOf(facts: Change): Generator<Reader | undefined> {
    for (const peers of this.candidatesFor(facts)) {
      const isSeen = peers !== undefined && this.isSeen(peers.viewer, facts);
      yield undefined;
      if (isSeen) yield* peers.readers;
    }
    // Users see themselves, and those from whom a user hides see something else than their peers.
    yield* this.byViewer.get(facts.after.shown.userId) ?? [];
    for (const viewerId of hiddenViewers(facts)) yield* this.byViewer.get(viewerId) ?? [];
  }

  private *candidatesFor({ before, after }: Change): Generator<Peers<Reader> | undefined> {
    yield* this.seeingEveryone;
    const states = before === undefined ? [after] : [before, after];
    const candidates = new Set<Peers<Reader>>();
    const channelIds = new Set<string>();
    for (const { groups, shown } of states) {
      for (const groupId of groups) addAll(candidates, this.byGroup.get(groupId));
      if (shown.channelId !== undefined) channelIds.add(shown.channelId);
      addAll(channelIds, shown.otherChannelIds);
    }
    if (channelIds.size > 0) addAll(candidates, this.watchingEverything);
    for (const channelId of channelIds) {
      addAll(candidates, this.watchersOf(channelId));
      yield undefined;
    }
    for (const peers of candidates) if (peers.readers.size > 0) yield peers;
  }

  /**
   * A pattern can match any channel. So all rights are checked for a new channel, and later only the rights that were
   * added.
   */
  private watchersOf(channelId: string): ReadonlySet<Peers<Reader>> {
    const watchers = this.byChannel.get(channelId) ?? this.rememberChannel(channelId);
    for (const peers of this.addedAfter(watchers.checked)) {
      if (peers.viewer.mayWatch?.(channelId) !== true) continue;
      watchers.peers.add(peers);
      this.remembered++;
    }
    watchers.checked = this.added;
    return watchers.peers;
  }

  private rememberChannel(channelId: string): Watchers<Reader> {
    if (this.remembered > MAX_REMEMBERED) this.forgetChannels();
    this.remembered += CHANNEL_SIZE;
    const watchers = { peers: new Set<Peers<Reader>>(), checked: 0 };
    this.byChannel.set(channelId, watchers);
    return watchers;
  }

  /** Yields those of `watchingSome` who were added after the first `count`. */
  private *addedAfter(count: number): Generator<Peers<Reader>> {
    // Most of those that were added may have left again.
    if (this.added - count > this.watchingSome.size) {
      for (const [nth, peers] of this.watchingSome) if (nth > count) yield peers;
      return;
    }
    for (let nth = count + 1; nth <= this.added; nth++) {
      const peers = this.watchingSome.get(nth);
      if (peers !== undefined) yield peers;
    }
  }

  private forgetChannels(): void {
    this.byChannel.clear();
    this.remembered = this.left = 0;
  }
}

function addAll<Item>(all: Set<Item>, more: Iterable<Item> = []): void {
  for (const item of more) all.add(item);
}
