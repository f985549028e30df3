import { channelIdsOf } from '../domain/presence.js';
import type { Viewer } from '../domain/viewer.js';
import { hiddenViewers, type CommitFacts } from './commit-facts.js';
import { put, take } from './reader-sets.js';

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
export class RightsIndex<Reader> {
  private readonly peers = new Map<string, Peers<Reader>>();
  private readonly byGroup = new Map<string, Set<Peers<Reader>>>();
  /** Those who see every user, but not every channel. */
  private readonly seeingEveryone = new Set<Peers<Reader>>();
  private readonly byViewer = new Map<string, Set<Reader>>();

  /** `isSeen`: whether viewers with the rights of this one see a difference. */
  constructor(private readonly isSeen: (viewer: Viewer, facts: CommitFacts) => boolean) {}

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
    for (const groupId of viewer.groups ?? []) take(this.byGroup, groupId, peers);
  }

  /** Yields the readers who may see a difference. A reader can occur more than once. */
  *readersOf(facts: CommitFacts): Generator<Reader> {
    for (const { viewer, readers } of this.candidatesFor(facts)) {
      if (this.isSeen(viewer, facts)) yield* readers;
    }
    // Users see themselves, and those from whom a user hides see something else than their peers.
    yield* this.byViewer.get(facts.after.shown.userId) ?? [];
    for (const viewerId of hiddenViewers(facts)) yield* this.byViewer.get(viewerId) ?? [];
  }

  private candidatesFor({ before, after }: CommitFacts): Iterable<Peers<Reader>> {
    // Any pattern can match a channel, so all rights are checked.
    const isInChannel = [before, after].some((each) => each && channelIdsOf(each.shown).length > 0);
    if (isInChannel) return this.peers.values();
    const candidates = new Set(this.seeingEveryone);
    for (const groupId of [...(before?.groups ?? []), ...after.groups]) {
      for (const peers of this.byGroup.get(groupId) ?? []) candidates.add(peers);
    }
    return candidates;
  }
}
