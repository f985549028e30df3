import type { ChangeReason } from '../../src/api/generated/presence/v1/events_service.pb.js';
import type { Presence } from '../../src/api/generated/presence/v1/presence.pb.js';
import { REAPED_WITHIN_MS, SLACK_MS } from './timings.js';

// What the harness writes down while a scenario runs, and the checks read when it is over. All times are milliseconds of
// the one clock that the whole machine has.

/** A session as its client saw it. */
export interface Span {
  readonly userId: string;
  readonly node: string;
  /** How the client calls the service. */
  readonly way: string;
  readonly sessionId: string;
  readonly from: number;
  /** When the client asked for the end, or learnt of it. Undefined: the session is open. */
  until?: number;
  end?: 'asked for' | 'lost';
  /** What the client was told when it lost the session. */
  why?: string;
  /** Whether the client gave reason to end it: its own network broke, or it sent no heartbeats. */
  wasOwnFault?: boolean;
}

/** A time in which a user did something, or may have. */
export interface CommandRecord {
  readonly userId: string;
  readonly from: number;
  until?: number;
}

/** A client that sends no heartbeats on a session that needs them. */
export interface SilenceRecord {
  readonly userId: string;
  readonly node: string;
  readonly sessionId: string;
  readonly from: number;
  /** When the session ended. */
  until?: number;
}

/** A time in which a user was or may have been INVISIBLE. */
export interface Hiding {
  readonly userId: string;
  readonly from: number;
  until?: number;
}

/** An event as a subscriber was given it. */
export interface Delivery {
  readonly at: number;
  readonly occurredAt: number;
  readonly kind: string;
  readonly reason: ChangeReason;
  readonly presence: Presence;
}

/**
 * One subscription to everything, from SYNC_CURRENT to its end. One that was resumed goes back to the token that it
 * was resumed with: what it was then given counts as heard when it happened.
 */
export interface Stretch {
  readonly subscriber: string;
  readonly node: string;
  readonly from: number;
  readonly isResumed: boolean;
  until?: number;
  readonly snapshot: readonly Presence[];
  readonly deliveries: Delivery[];
}

/**
 * `paused` is a node that is alone and stood still. `harness held up` is this process, which got no time from the machine:
 * its clients could not be heard.
 */
export type FaultName =
  | 'killed'
  | 'stopped'
  | 'paused'
  | 'cut off'
  | 'clients cut'
  | 'told to end'
  | 'Redis lost'
  | 'harness held up';

/** What was done to whom. */
export interface FaultRecord {
  readonly name: FaultName;
  /** Empty: not to a node. */
  readonly nodes: readonly string[];
  readonly from: number;
  until?: number;
}

/** A write of a node that Redis took, as its monitor shows it, and the times at which nodes were declared dead. */
export interface RedisWrite {
  readonly at: number;
  readonly type: 'fence' | 'commit';
  readonly partition: string;
  readonly node: string;
}

export class History {
  readonly spans: Span[] = [];
  readonly hidings: Hiding[] = [];
  readonly stretches: Stretch[] = [];
  readonly faults: FaultRecord[] = [];
  readonly writes: RedisWrite[] = [];
  readonly actions: CommandRecord[] = [];
  readonly silences: SilenceRecord[] = [];
  commands = 0;

  /** Forgets what is over. Who was declared dead stays so. */
  startOver(): void {
    keep(this.spans, ({ until }) => until === undefined);
    keep(this.hidings, ({ until }) => until === undefined);
    keep(this.faults, ({ until }) => until === undefined);
    keep(this.writes, ({ type }) => type === 'fence');
    keep(this.stretches, () => false);
    keep(this.actions, ({ until }) => until === undefined);
    keep(this.silences, () => false);
    this.commands = 0;
  }

  spansOf(userId: string): readonly Span[] {
    return this.spans.filter((span) => span.userId === userId);
  }

  /**
   * Whether something was done to the node about when a session on it was ended: it may not have heard of that, or only
   * after the others had taken the session for lost, and then the grace keeps the place in the channel.
   */
  mayBeUnheard(span: Span): boolean {
    const at = span.until ?? Infinity;
    return this.faults.some(
      ({ nodes, from, until = Infinity }) =>
        nodes.includes(span.node) && from <= at + SLACK_MS && at <= until + REAPED_WITHIN_MS,
    );
  }

  beginCommand(userId: string): CommandRecord {
    const record: CommandRecord = { userId, from: Date.now() };
    this.actions.push(record);
    return record;
  }

  beginSilence(silence: Omit<SilenceRecord, 'from' | 'until'>): SilenceRecord {
    const record: SilenceRecord = { ...silence, from: Date.now() };
    this.silences.push(record);
    return record;
  }

  begin(name: FaultName, nodes: readonly string[]): FaultRecord {
    const fault: FaultRecord = { name, nodes, from: Date.now() };
    this.faults.push(fault);
    return fault;
  }
}

function keep<T>(items: T[], isKept: (item: T) => boolean): void {
  items.splice(0, items.length, ...items.filter(isKept));
}
