import { ChangeReason } from '../../../src/api/generated/presence/v1/events_service.pb.js';
import { Presence, PresenceStatus } from '../../../src/api/generated/presence/v1/presence.pb.js';
import type { Evidence } from '../evidence.js';
import type { Delivery } from '../delivery.js';
import { History, type Span, type Stretch } from '../history.js';

const OFFLINE = PresenceStatus.PRESENCE_STATUS_OFFLINE;
/** The time of the event that is checked, in milliseconds. */
export const T = 1_000_000;

/** A presence of ann, ONLINE on a desktop. */
export function ann(version: number, details: Partial<Presence> = {}): Presence {
  const status = PresenceStatus.PRESENCE_STATUS_ONLINE;
  return {
    ...Presence.decode(new Uint8Array()),
    ...{ userId: 'ann', version, status, platforms: ['desktop'] },
    ...details,
  };
}

/** A delivered event with the reason NODE_LOST. */
export function delivered(at: number, kind: string, presence: Presence): Delivery {
  const reason = ChangeReason.CHANGE_REASON_NODE_LOST;
  return { at, occurredAt: at, kind, reason, presence };
}

/** The event that ann is OFFLINE. */
export const offline = (at: number, version: number): Delivery =>
  delivered(at, 'userOffline', ann(version, { status: OFFLINE, platforms: [] }));

/** The events that one subscriber received without a break. Its snapshot has ann ONLINE. */
export function stretch(...deliveries: Delivery[]): Stretch {
  return {
    subscriber: 'w1',
    node: 'n1',
    from: T - 60_000,
    isResumed: false,
    snapshot: [ann(1)],
    deliveries,
  };
}

/** A session of ann. */
export function span(from: number, details: Partial<Span> = {}): Span {
  return { userId: 'ann', node: 'n1', way: 'gRPC', sessionId: `s${from}`, from, ...details };
}

/** Evidence of a run without faults, violations and answers. */
export function evidence(
  details: Partial<Evidence> = {},
  history: Partial<History> = {},
): Evidence {
  return {
    history: Object.assign(new History(), history),
    ...{ graceMs: 0, expected: [], openSessionIds: new Set<string>(), answers: [] },
    stored: { sessionIds: new Set<string>(), beats: [] },
    own: [],
    viewers: [],
    ...{ unserved: [], agreedAfterMs: 0, promises: {} },
    ...details,
  };
}
