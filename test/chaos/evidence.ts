import type { Presence } from '../../src/api/generated/presence/v1/presence.pb.js';
import type { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { History } from './history.js';
import type { Wish } from './person.js';

/** How a user has to be shown to others, by what the user was told. */
export interface Expected {
  readonly userId: string;
  readonly isShown: boolean;
  readonly status: string;
  readonly statusText: string;
  readonly channelId: string | undefined;
  readonly isMicrophoneMuted: boolean;
  readonly isSpeakerMuted: boolean;
  readonly platforms: readonly string[];
}

/** What one node answers. */
export interface Answers {
  readonly node: string;
  /** `ListOnlineUsers`. */
  readonly online: readonly Presence[];
  /** `ListChannelMembers`, by channel. */
  readonly members: ReadonlyMap<string, readonly string[]>;
  /** `BatchGetPresences` of everyone. */
  readonly presences: readonly Presence[];
}

/** A user as the service holds it, invisible or not, and what the user was last acknowledged. */
export interface Own {
  readonly userId: string;
  readonly wish: Wish;
  readonly choice: StatusChoice;
  /** As the user sees it. */
  readonly presence: Presence;
}

/** What Redis holds, read past the service. */
export interface Stored {
  /** The live sessions of all users. */
  readonly sessionIds: ReadonlySet<string>;
  /** The nodes that move their counters or have left one behind. */
  readonly beats: readonly string[];
}

/** What a scenario leads to: everything that the checks look at. */
export interface Evidence {
  readonly history: History;
  /** Milliseconds, as the nodes were told. */
  readonly graceMs: number;
  readonly expected: readonly Expected[];
  readonly openSessionIds: ReadonlySet<string>;
  readonly answers: readonly Answers[];
  readonly stored: Stored;
  /** Of the users whose devices use the client library. */
  readonly own: readonly Own[];
  /** Users whose last command, or whose coming, was not acknowledged in half a minute. */
  readonly unserved: readonly string[];
  /** How long it took after the last fault and the last command until everything agreed. */
  readonly agreedAfterMs: number | undefined;
  /** What is written about in `Scenario`. */
  readonly promises: Promises;
}

/** What a scenario promises beyond what all do. */
export interface Promises {
  /** Redis loses nothing and no node is away for a lease: every subscriber is given every event. */
  readonly everyEvent?: boolean;
  /** Milliseconds within which every event reaches every subscriber. */
  readonly withinMs?: number;
  /** Milliseconds after a kill in which the users that do not come back are OFFLINE, because of NODE_LOST. */
  readonly lostWithinMs?: number;
  /** The nodes' clocks are wrong: the times in events say nothing about when they happened. */
  readonly clocksAreWrong?: boolean;
  /** Users may be IDLE: the idle timeout is short. */
  readonly mayBeIdle?: boolean;
  /** Milliseconds within which a client that sends no heartbeats has lost its session. */
  readonly givenUpWithinMs?: number;
}
