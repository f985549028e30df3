import type { Presence } from '../../../src/api/generated/presence/v1/presence.pb.js';
import type { Delivery } from '../delivery.js';
import type { Rights } from './tenants.js';

// The records of who may see whom. All times are milliseconds of the wall clock of the machine.

/** A time in which a user was in a channel, or may have been: from the command to its acknowledged end. */
export interface ChannelStay {
  readonly userId: string;
  readonly channelId: string;
  readonly from: number;
  until?: number;
}

/** A time in which a session with these groups may have existed, although its client did not hear of it. */
export interface Attempt {
  readonly userId: string;
  readonly groups: readonly string[];
  readonly from: number;
  readonly until: number;
}

/** A time in which a user hid from a viewer. */
export interface HiddenTime {
  readonly userId: string;
  readonly viewerId: string;
  /** When the command was sent, and when it was acknowledged. Undefined: not yet. */
  readonly askedAt: number;
  from?: number;
  /** The same of the command that ended it. */
  endAskedAt?: number;
  until?: number;
}

/** A token of a user, and when it was issued, in whole seconds. */
export interface IssuedToken {
  readonly userId: string;
  readonly text: string;
  readonly issuedAt: number;
}

/** A revocation of all tokens that were issued before it. */
export interface Revocation {
  readonly userId: string;
  /** When the command was sent, and when it was acknowledged. Undefined: not yet. */
  readonly askedAt: number;
  at?: number;
  /** Tokens that it certainly revoked. */
  readonly revoked: readonly IssuedToken[];
}

/** A call with a revoked token, some time after the revocation was acknowledged. */
export interface Probe {
  readonly userId: string;
  readonly node: string;
  readonly at: number;
  readonly wasRefused: boolean;
}

/** An event for a viewer who does not see everyone. */
export interface Sighting extends Delivery {
  readonly receivedAt: number;
  /** Whether it was sent before SYNC_CURRENT, because a resumed stream had missed it. */
  readonly isMissed: boolean;
  /** All channels that the event names. */
  readonly named: readonly string[];
}

/** One subscription of a viewer who does not see everyone. */
export interface ViewerStretch {
  readonly viewerId: string;
  readonly node: string;
  readonly rights: Rights;
  readonly token: IssuedToken;
  /** When the call was sent, and when SYNC_CURRENT arrived. */
  readonly askedAt: number;
  readonly currentAt: number;
  readonly isResumed: boolean;
  /** The state that the viewer knew at the beginning: from the snapshot, or from before the resume. */
  readonly snapshot: readonly Presence[];
  readonly sightings: Sighting[];
  until?: number;
}

/** Everything that was recorded of access in a scenario. */
export class AccessHistory {
  readonly stays: ChannelStay[] = [];
  readonly attempts: Attempt[] = [];
  readonly hidden: HiddenTime[] = [];
  readonly revocations: Revocation[] = [];
  readonly probes: Probe[] = [];
  readonly stretches: ViewerStretch[] = [];

  beginStay(userId: string, channelId: string): void {
    const isOpen = this.stays.some(
      (stay) => stay.userId === userId && stay.channelId === channelId && stay.until === undefined,
    );
    if (!isOpen) this.stays.push({ userId, channelId, from: Date.now() });
  }

  /** Ends the stays of a user in all other channels. */
  endStays(userId: string, kept: readonly string[]): void {
    for (const stay of this.stays) {
      if (stay.userId !== userId || stay.until !== undefined) continue;
      if (!kept.includes(stay.channelId)) stay.until = Date.now();
    }
  }
}
