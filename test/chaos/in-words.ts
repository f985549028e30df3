import { PresenceStatus, type Presence } from '../../src/api/generated/presence/v1/presence.pb.js';

/**
 * Formats the shown presence of a user in one line. The last activity may be outdated and is left
 * out.
 */
export function look(presence: Presence | undefined): string {
  if (presence === undefined) return 'nothing';
  const status = PresenceStatus[presence.status].replace('PRESENCE_STATUS_', '');
  const mute = muteInWords(presence);
  const since = presence.connectedAt
    ? `${presence.connectedAt.seconds}.${presence.connectedAt.nanos}`
    : 'never';
  return `${status} "${presence.statusText}" in ${channelsInWords(presence)}, ${mute}, ${attributesInWords(presence)}on ${presence.platforms.join('+')} since ${since}`;
}

export function isOffline({ status }: Presence): boolean {
  return status === PresenceStatus.PRESENCE_STATUS_OFFLINE;
}

/** Formats a time as minutes, seconds and milliseconds. */
export function clock(at: number): string {
  return new Date(at).toISOString().slice(14, 23);
}

/** The current channel, and then all of them if there are several. */
export function channelsInWords({
  currentChannelId,
  channelIds,
}: {
  readonly currentChannelId?: string | undefined;
  readonly channelIds: readonly string[];
}): string {
  const all = channelIds.length > 1 ? ` of ${[...channelIds].sort().join('+')}` : '';
  return `${currentChannelId ?? '-'}${all}`;
}

type Mute = Pick<
  Presence,
  | 'isMicrophoneMuted'
  | 'isSpeakerMuted'
  | 'isMicrophoneMutedByModerator'
  | 'isSpeakerMutedByModerator'
>;

export function muteInWords(mute: Mute): string {
  const own = `mic ${mute.isMicrophoneMuted ? 'off' : 'on'}, speaker ${mute.isSpeakerMuted ? 'off' : 'on'}`;
  const microphone = mute.isMicrophoneMutedByModerator ? ', mic off by a moderator' : '';
  const speaker = mute.isSpeakerMutedByModerator ? ', speaker off by a moderator' : '';
  return own + microphone + speaker;
}

export function attributesInWords({
  attributes,
}: {
  readonly attributes: ReadonlyMap<string, string>;
}): string {
  const all = [...attributes].map(([key, value]) => `${key}=${value}`).sort();
  return all.length === 0 ? '' : `with ${all.join('+')}, `;
}
