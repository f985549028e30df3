import type { Presence } from '../../src/api/generated/presence/v1/presence.pb.js';
import type { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { ViewerStretch } from './access/access-history.js';
import type { Rights } from './access/tenants.js';
import type { History } from './history.js';
import type { Wish } from './wish.js';

/** The state of a user that others must see, according to the user's acknowledged commands. */
export interface Expected {
  readonly userId: string;
  readonly isShown: boolean;
  readonly status: string;
  readonly statusText: string;
  readonly channelId: string | undefined;
  /** Sorted. */
  readonly channelIds: readonly string[];
  readonly attributes: ReadonlyMap<string, string>;
  readonly isMicrophoneMuted: boolean;
  readonly isSpeakerMuted: boolean;
  readonly isMicrophoneMutedByModerator: boolean;
  readonly isSpeakerMutedByModerator: boolean;
  readonly platforms: readonly string[];
  /** The channels in the order of the joins. */
  readonly joins: readonly string[];
  /** The groups of its open sessions. */
  readonly groups: readonly string[];
  /** The viewers from whom it hides. */
  readonly hiddenFrom: readonly string[];
}

/** The answers of one node to a viewer who does not see everyone, and the state that the viewer knows from its stream. */
export interface ViewerAnswers {
  readonly viewerId: string;
  readonly rights: Rights;
  readonly node: string;
  /** The response of `BatchGetPresences` for all users. */
  readonly presences: readonly Presence[];
  /** The users in the response of `ListOnlineUsers`. */
  readonly listed: readonly string[];
  /** The sum of the response of `CountPresences`. */
  readonly counted: number;
  /** Undefined: the viewer has no subscription that is up to date. */
  readonly stretch: ViewerStretch | undefined;
}

/** The responses of one node. */
export interface Answers {
  readonly node: string;
  /** The response of `ListOnlineUsers`. */
  readonly online: readonly Presence[];
  /** The responses of `ListChannelMembers`, by channel. */
  readonly members: ReadonlyMap<string, readonly string[]>;
  /** The response of `BatchGetPresences` for all users. */
  readonly presences: readonly Presence[];
}

/** The own presence of a user in the service, and the last acknowledged commands of the user. */
export interface Own {
  readonly userId: string;
  readonly wish: Wish;
  /** Whether a device is on. */
  readonly isThere: boolean;
  readonly choice: StatusChoice;
  /** The own presence. */
  readonly presence: Presence;
}

/** The content of Redis, read without the service. */
export interface Stored {
  /** The live sessions of all users. */
  readonly sessionIds: ReadonlySet<string>;
  /** The nodes that advance their counters, or that left a counter behind. */
  readonly beats: readonly string[];
}

/** The result of a scenario: the input of all checks. */
export interface Evidence {
  readonly history: History;
  /** The `RECONNECT_GRACE_MS` of the nodes, in milliseconds. */
  readonly graceMs: number;
  readonly expected: readonly Expected[];
  readonly openSessionIds: ReadonlySet<string>;
  readonly answers: readonly Answers[];
  /** Empty where every subscriber sees everyone. */
  readonly viewers: readonly ViewerAnswers[];
  readonly stored: Stored;
  /** Only users whose devices use the client library. */
  readonly own: readonly Own[];
  /** Users for whom a command or a connect was not acknowledged within half a minute. */
  readonly unserved: readonly string[];
  /**
   * The time from the last fault and the last command until all nodes agreed, in milliseconds.
   * Undefined if they never agreed.
   */
  readonly agreedAfterMs: number | undefined;
  /** The promises of the scenario. */
  readonly promises: Promises;
}

/** The promises of a scenario besides those of all scenarios. */
export interface Promises {
  /**
   * Redis loses nothing and no node is partitioned for a lease, so every subscriber receives every
   * event.
   */
  readonly everyEvent?: boolean;
  /** The time within which every event reaches every subscriber, in milliseconds. */
  readonly withinMs?: number;
  /**
   * The time after a kill within which the users who do not reconnect become OFFLINE with the
   * reason NODE_LOST, in milliseconds.
   */
  readonly lostWithinMs?: number;
  /** The clocks of the nodes are wrong, so the times in events do not say when they happened. */
  readonly clocksAreWrong?: boolean;
  /** The receiver of webhooks is away for longer than the logs reach back. */
  readonly mayOutliveLog?: boolean;
  /** Users may be IDLE, because the idle timeout is short. */
  readonly mayBeIdle?: boolean;
  /**
   * The time within which the service ends the session of a client that sends no heartbeats, in
   * milliseconds.
   */
  readonly givenUpWithinMs?: number;
}
