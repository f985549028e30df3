import type { Step } from '../domain/step.js';
import type { User } from '../domain/user.js';
import type { SealingKeys } from '../sealed-tokens/sealing-keys.js';
import type { PresenceView } from './presence-view.js';
import type { StoreStatus } from './store-status.js';

/** Makes a step of the newest state of a user. May run several times; a refusal it throws leaves all as it was. */
export type UserUpdate = (user: User) => Step;

/** Which commit it was, in words that all nodes share. */
export interface CommitPosition {
  /** A share of the users; commits are ordered within it. */
  readonly partition: number;
  readonly seq: number;
  /** Random, and so different for two commits that were numbered alike because the first was lost. */
  readonly mark: number;
}

/** Told of every commit, in commit order and after the view has taken it in. */
export type CommitListener = (step: Step, origin: CommitPosition) => void;

/** Told of the commit behind which the commits of a partition are heard of, at first and after some were missed. */
export type PartitionResetListener = (origin: CommitPosition) => void;

/**
 * The one seam between the rules and where state lives. There is deliberately no way to publish an event: user and
 * events are committed together, and whoever wants to know listens to commits.
 */
export abstract class PresenceStore {
  /** The name of this node in the sessions whose streams it holds: one life of one process, never used again. */
  abstract readonly node: string;

  /** What nodes need to read the tokens of one another. */
  abstract readonly sealingSecrets: SealingKeys;

  /** How it is, for those who run it. */
  abstract readonly status: StoreStatus;

  /** What everyone may see. At any moment it reflects exactly the commits that listeners have been told of. */
  abstract readonly view: PresenceView;

  /** Runs `change` on the newest state of a user and commits its user and events together. */
  abstract update(userId: string, change: UserUpdate): Promise<Step>;

  /** The newest state of a user, for reading. A user never seen is a new one. */
  abstract get(userId: string): Promise<User>;

  /** Whose live session this is, on whichever node. Undefined: nobody's. */
  abstract ownerOf(sessionId: string): Promise<string | undefined>;

  /**
   * Takes out the users whose `wakeAt` has come, or of whom something expires, at most `limit`. Each is handed out once,
   * and comes up again after its next `update`. Now and then one is handed out too early; to the rules that is nothing.
   */
  abstract claimDue(now: number, limit: number): Promise<readonly string[]>;

  /**
   * Told before `takeDue` how many milliseconds the wall clock is ahead of the time that `takeDue` is asked with, since what
   * expires does so by that. After the wall clock was set forward there is work to do, in pieces of a millisecond or so.
   */
  abstract followWall(aheadMs: number): Generator<void>;

  /** Resolves when the view reflects every change that was acknowledged before the call, on whichever node. */
  abstract awaitCurrent(): Promise<void>;

  /** Returns the way to stop listening. */
  abstract onCommit(listener: CommitListener): () => void;

  /** Listening begins before the store is started. */
  abstract onPartitionReset(listener: PartitionResetListener): void;
}
