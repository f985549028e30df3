import { PresenceStatus, type Presence } from '../../src/api/generated/presence/v1/presence.pb.js';

/**
 * Formats the shown presence of a user in one line. The last activity may be outdated and is left
 * out.
 */
export function look(presence: Presence | undefined): string {
  if (presence === undefined) return 'nothing';
  const status = PresenceStatus[presence.status].replace('PRESENCE_STATUS_', '');
  const mute = `${presence.isMicrophoneMuted ? 'mic off' : 'mic on'}, ${presence.isSpeakerMuted ? 'speaker off' : 'speaker on'}`;
  const since = presence.connectedAt
    ? `${presence.connectedAt.seconds}.${presence.connectedAt.nanos}`
    : 'never';
  return `${status} "${presence.statusText}" in ${presence.currentChannelId ?? '-'}, ${mute}, on ${presence.platforms.join('+')} since ${since}`;
}

export function isOffline({ status }: Presence): boolean {
  return status === PresenceStatus.PRESENCE_STATUS_OFFLINE;
}

/** Formats a time as minutes, seconds and milliseconds. */
export function clock(at: number): string {
  return new Date(at).toISOString().slice(14, 23);
}
