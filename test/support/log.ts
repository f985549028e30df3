import { randomInt } from 'node:crypto';
import type { Change, EventKind, PresenceEvent } from '../../src/domain/event.js';
import { NOT_MODERATED } from '../../src/domain/moderator-mute.js';
import { unknownPresence } from '../../src/domain/presence.js';
import { unrestrictedViewer } from '../../src/domain/viewer.js';
import { fragmentEncoder } from '../../src/api/event-mapper.js';
import { SubscribeResponse } from '../../src/api/generated/presence/v1/events_service.pb.js';
import type { LogEntry } from '../../src/event-log/entry.js';
import { EventLog, type EventLogOptions } from '../../src/event-log/event-log.js';
import type { Filter, Interest } from '../../src/event-log/filter.js';
import type { ResumePoint } from '../../src/event-log/resume-index.js';
import { TokenSealer } from '../../src/sealed-tokens/token-sealer.js';
import { SealingKeys } from '../../src/sealed-tokens/sealing-keys.js';

/** Shared by all event logs of a test, which stand for the nodes of one service. */
export const resumeSecrets = new SealingKeys();
export const resumeSeal = new TokenSealer(resumeSecrets, 'resume');

export interface EventDetails {
  readonly channelId?: string | undefined;
  readonly previousChannelId?: string | undefined;
  readonly otherChannelIds?: readonly string[];
  readonly previousOtherChannelIds?: readonly string[];
  readonly kind?: EventKind;
  readonly at?: number;
  /** The status text. It makes the event as large as needed. */
  readonly text?: string;
}

/** Creates an event that is identified by the version of its presence. */
export function eventOf(
  userId: string,
  version: number,
  {
    channelId,
    previousChannelId,
    otherChannelIds = [],
    previousOtherChannelIds = [],
    kind = 'USER_STATUS_CHANGED',
    at = 0,
    text = '',
  }: EventDetails = {},
): PresenceEvent {
  return {
    presence: {
      ...unknownPresence(userId),
      status: 'ONLINE',
      channelId,
      otherChannelIds,
      version,
      statusText: text,
    },
    previousChannelId,
    previousOtherChannelIds,
    occurredAt: at,
    reason: 'REQUESTED',
    change: changeOf(kind, previousChannelId),
  };
}

function changeOf(kind: EventKind, previousChannelId: string | undefined): Change {
  switch (kind) {
    case 'USER_STATUS_CHANGED':
      return { kind, previousStatus: 'IDLE' };
    case 'USER_CHANNEL_CHANGED':
      return { kind, previousChannelId, joinedChannelIds: [], leftChannelIds: [] };
    case 'USER_MUTE_STATE_CHANGED':
      return {
        kind,
        wasMicrophoneMuted: true,
        wasSpeakerMuted: false,
        moderatorMuteBefore: NOT_MODERATED,
      };
    case 'USER_ATTRIBUTES_CHANGED':
      return { kind, keys: ['doc'] };
    default:
      return { kind };
  }
}

export function newLog(options: Partial<EventLogOptions> = {}): EventLog {
  const log = new EventLog(
    { size: 1000, maxAgeMs: 60_000, ...options },
    fragmentEncoder,
    resumeSeal,
  );
  log.begin({ partition: 0, seq: 0, mark: randomInt(2 ** 32) });
  return log;
}

/**
 * Appends the events of a commit. The offset of the first event serves as the commit number,
 * because it grows.
 */
export function append(log: EventLog, events: readonly PresenceEvent[]): void {
  log.append(events, { partition: 0, seq: log.head, mark: randomInt(2 ** 32) });
}

/** Returns a log with events of one user, with versions from 1 to `count`. */
export function logOf(count: number, options: Partial<EventLogOptions> = {}): EventLog {
  const log = newLog(options);
  for (let version = 1; version <= count; version++) append(log, [eventOf('alice', version)]);
  return log;
}

export function filterOf(
  filter: {
    readonly userIds?: readonly string[];
    readonly channelIds?: readonly string[];
    readonly groupIds?: readonly string[];
    readonly kinds?: readonly EventKind[];
  } = {},
): Filter {
  return {
    userIds: new Set(filter.userIds),
    channelIds: new Set(filter.channelIds),
    groupIds: new Set(filter.groupIds),
    kinds: new Set(filter.kinds),
  };
}

/** The interest of a reader who sees everything. */
export function interestIn(filter: Filter, viewer = unrestrictedViewer('reader')): Interest {
  return { viewer, filter };
}

export function decode(message: Buffer): SubscribeResponse {
  return SubscribeResponse.decode(message);
}

/** Returns the versions of the events in a message, which identify them. */
export function versionsIn(message: Buffer | undefined): readonly number[] {
  return message === undefined ? [] : decode(message).events.map((e) => e.presence!.version);
}

/** Returns the position of a token, in which tokens of the same position are equal. */
export function placeOf(log: EventLog, token: string): ResumePoint {
  const point = log.find(token);
  if (point === undefined) throw new Error('the token leads nowhere');
  return point;
}

export function entriesOf(log: EventLog): readonly LogEntry[] {
  const entries: LogEntry[] = [];
  for (let entry = log.at(log.tail); entry; entry = log.at(entry.position + 1)) entries.push(entry);
  return entries;
}
