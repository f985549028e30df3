import type { Presence } from '../../src/api/generated/presence/v1/presence.pb.js';
import { AccessHistory } from './access/access-history.js';
import type { Delivery } from './delivery.js';
import { REAPED_WITHIN_MS, SLACK_MS } from './timings.js';
import { WebhookHistory } from './webhooks/webhook-history.js';

// The records that the harness writes during a scenario, and that the checks read afterwards. All
// times are milliseconds of the wall clock of the machine.

/** A session as its client saw it. */
export interface Span {
  readonly userId: string;
  readonly node: string;
  /** The protocol or library that the client uses. */
  readonly way: string;
  readonly sessionId: string;
  readonly from: number;
  /** When the client asked for the session. Absent: not recorded. */
  readonly askedAt?: number;
  /** The groups of its token. Absent: none. */
  readonly groups?: readonly string[];
  /**
   * The time at which the client asked for the end, or was notified of it. Undefined while the
   * session is open.
   */
  until?: number;
  end?: 'asked for' | 'lost';
  /** The reason that the client received when it lost the session. */
  why?: string;
  /** Whether the client caused the end: its own network broke, or it sent no heartbeats. */
  wasOwnFault?: boolean;
}

/** A period in which a user gave a command, or may have. */
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
  /** The time at which the session ended. */
  until?: number;
}

/** A period in which a user was or may have been INVISIBLE. */
export interface Hiding {
  readonly userId: string;
  readonly from: number;
  until?: number;
  /** When the command was acknowledged that made the user INVISIBLE. */
  acknowledgedAt?: number;
  /** When the command was sent that made the user visible again. */
  endAskedAt?: number;
}

/**
 * One subscription to all events, from SYNC_CURRENT to its end. A resumed subscription starts at
 * the time of its resume token; the replayed events count as received when they happened.
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
 * `paused` is a single node that was stopped. `Redis away`: Redis keeps its data, but takes no writes. `harness held up` is this
 * process when the machine gave it no processor time, so that its clients could not send.
 */
export type FaultName =
  | 'killed'
  | 'stopped'
  | 'paused'
  | 'cut off'
  | 'clients cut'
  | 'told to end'
  | 'Redis lost'
  | 'Redis away'
  | 'harness held up';

/** A fault and the nodes that it affected. */
export interface FaultRecord {
  readonly name: FaultName;
  /** Empty if the fault did not affect a node directly. */
  readonly nodes: readonly string[];
  readonly from: number;
  until?: number;
}

/**
 * A write of a node that Redis accepted, as MONITOR shows it. A declaration that a node is dead is
 * also a write.
 */
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
  readonly access = new AccessHistory();
  readonly webhooks = new WebhookHistory();
  commands = 0;

  /** Forgets finished records. Declarations of dead nodes are kept. */
  startOver(): void {
    keep(this.spans, ({ until }) => until === undefined);
    keep(this.hidings, ({ until }) => until === undefined);
    keep(this.faults, ({ until }) => until === undefined);
    keep(this.writes, ({ type }) => type === 'fence');
    keep(this.stretches, () => false);
    keep(this.actions, ({ until }) => until === undefined);
    keep(this.silences, () => false);
    this.webhooks.startOver();
    this.commands = 0;
  }

  spansOf(userId: string): readonly Span[] {
    return this.spans.filter((span) => span.userId === userId);
  }

  /**
   * Whether a fault affected the node around the time at which a session on it was ended. The node
   * may have missed the end, or processed it only after the other nodes had declared the session
   * lost; the grace then keeps the user in the channel.
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
