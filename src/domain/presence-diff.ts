import type { Change, PresenceEvent, Reason } from './event.js';
import { connectionChanged, type Presence } from './presence.js';

/**
 * Returns the differences between the shown presence before a commit and after it, as events in a fixed order:
 * UserOnline first, UserOffline last.
 */
export function diffPresence(
  before: Presence,
  after: Presence,
  now: number,
  cause: Reason,
): readonly PresenceEvent[] {
  return [...changesBetween(before, after)].map((change) => ({
    presence: after,
    previousChannelId: before.channelId,
    occurredAt: now,
    reason: reasonOf(change, before, after, cause),
    change,
  }));
}

function* changesBetween(before: Presence, after: Presence): Generator<Change> {
  const cameOnline = before.status === 'OFFLINE' && after.status !== 'OFFLINE';
  const wentOffline = before.status !== 'OFFLINE' && after.status === 'OFFLINE';
  if (cameOnline) yield { kind: 'USER_ONLINE' };
  if (
    !cameOnline &&
    !wentOffline &&
    (before.status !== after.status || before.statusText !== after.statusText)
  ) {
    yield { kind: 'USER_STATUS_CHANGED', previousStatus: before.status };
  }
  if (before.channelId !== after.channelId) {
    yield { kind: 'USER_CHANNEL_CHANGED', previousChannelId: before.channelId };
  }
  if (
    before.isMicrophoneMuted !== after.isMicrophoneMuted ||
    before.isSpeakerMuted !== after.isSpeakerMuted
  ) {
    yield {
      kind: 'USER_MUTE_STATE_CHANGED',
      wasMicrophoneMuted: before.isMicrophoneMuted,
      wasSpeakerMuted: before.isSpeakerMuted,
    };
  }
  if (!cameOnline && !wentOffline && connectionChanged(before, after))
    yield { kind: 'USER_CONNECTION_CHANGED' };
  if (wentOffline) yield { kind: 'USER_OFFLINE' };
}

/**
 * Returns the reason of a change as others see it. A user who becomes invisible, by a command or by a choice that a
 * reconnect restores, appears as DISCONNECTED; one who stops being invisible appears as CONNECTED. Any other reason
 * would reveal the choice.
 */
function reasonOf(change: Change, before: Presence, after: Presence, cause: Reason): Reason {
  if (before.status === 'OFFLINE') return 'CONNECTED';
  const isHidden = cause === 'REQUESTED' || cause === 'CONNECTED';
  if (after.status === 'OFFLINE' && isHidden) return 'DISCONNECTED';
  if (change.kind === 'USER_STATUS_CHANGED' && cause === 'REQUESTED') {
    // A command makes an idle user active. A heartbeat is not an activity and may reveal that the idle timeout has
    // passed.
    if (before.status === 'IDLE' && after.status === 'ONLINE') return 'ACTIVE';
    if (before.status === 'ONLINE' && after.status === 'IDLE') return 'IDLE';
  }
  return cause;
}
