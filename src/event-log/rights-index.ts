import { channelIdsOf } from '../domain/presence.js';
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

/** Readers with the same rights. */
interface Peers<Reader> {
  /** A viewer with these rights who is no user, so that no user hides from it. */
  readonly viewer: Viewer;
  readonly readers: Set<Reader>;
}

/**
 * The readers who follow everyone whom they see, by their rights. Readers with the same rights see the same, so a commit
 * is checked once for each of the rights that may let a reader see the user.
 */
export class RightsIndex<Reader, Change extends ViewedChange = CommitFacts> {
  private readonly peers = new Map<string, Peers<Reader>>();
  private readonly byGroup = new Map<string, Set<Peers<Reader>>>();
  /** Those who see every user, but not every channel. */
  private readonly seeingEveryone = new Set<Peers<Reader>>();
  /** Those with groups who may watch a channel, for the channels of recent commits. */
  private readonly byChannel = new Map<string, Set<Peers<Reader>>>();
  /** The size of `byChannel`. It includes rights that have no reader any more. */
  private remembered = 0;
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
      peers = { viewer: { ...viewer, userId: '' }, readers: new Set() };
      this.peers.set(viewer.rights, peers);
      if (viewer.groups === undefined) this.seeingEveryone.add(peers);
      else this.addToIndexes(peers, viewer.groups);
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
    for (const groupId of viewer.groups ?? []) take(this.byGroup, groupId, peers);
    for (const watchers of this.byChannel.values()) watchers.delete(peers);
    if (this.peers.size === 0) this.forgetChannels();
  }

  /** Yields the readers who may see a difference. A reader can occur more than once. */
  *readersOf(facts: Change): Generator<Reader> {
    for (const { viewer, readers } of this.candidatesFor(facts)) {
      if (this.isSeen(viewer, facts)) yield* readers;
    }
    // Users see themselves, and those from whom a user hides see something else than their peers.
    yield* this.byViewer.get(facts.after.shown.userId) ?? [];
    for (const viewerId of hiddenViewers(facts)) yield* this.byViewer.get(viewerId) ?? [];
  }

  private *candidatesFor({ before, after }: Change): Generator<Peers<Reader>> {
    yield* this.seeingEveryone;
    const candidates = new Set<Peers<Reader>>();
    for (const viewed of [before, after]) {
      if (viewed === undefined) continue;
      for (const groupId of viewed.groups) addAll(candidates, this.byGroup.get(groupId));
      for (const id of channelIdsOf(viewed.shown)) addAll(candidates, this.watchersOf(id));
    }
    yield* candidates;
  }

  private addToIndexes(peers: Peers<Reader>, groups: ReadonlySet<string>): void {
    for (const groupId of groups) put(this.byGroup, groupId, peers);
    for (const [channelId, watchers] of this.byChannel) {
      if (!mayWatch(peers, channelId)) continue;
      watchers.add(peers);
      this.remembered++;
    }
  }

  /** Any pattern can match a channel, so all rights are checked when a channel is new. */
  private watchersOf(channelId: string): ReadonlySet<Peers<Reader>> {
    let watchers = this.byChannel.get(channelId);
    if (watchers === undefined) {
      const withGroups = [...this.peers.values()].filter(({ viewer }) => viewer.groups);
      watchers = new Set(withGroups.filter((peers) => mayWatch(peers, channelId)));
      if (this.remembered > MAX_REMEMBERED) this.forgetChannels();
      this.remembered += CHANNEL_SIZE + watchers.size;
      this.byChannel.set(channelId, watchers);
    }
    return watchers;
  }

  private forgetChannels(): void {
    this.byChannel.clear();
    this.remembered = 0;
  }
}

function mayWatch<Reader>({ viewer }: Peers<Reader>, channelId: string): boolean {
  return viewer.mayWatch === undefined || viewer.mayWatch(channelId);
}

function addAll<Item>(all: Set<Item>, more: Iterable<Item> = []): void {
  for (const item of more) all.add(item);
}
