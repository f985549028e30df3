import { NO_CHANNELS, type Presence } from '../../domain/presence.js';
import type { Draft } from '../../domain/user.js';
import {
  attributesOf,
  platformsOf,
  statusOf,
  versionOf,
  type AttributePairs,
} from './presence-record.codec.js';
import {
  bit,
  later,
  laterOrNone,
  moderatorMuteOf,
  muteBits,
  sameOr,
  sharedWith,
  since,
  sinceOrNull,
  text,
  texts,
  time,
  UnreadableRecord,
  type FieldChanges,
} from './record-fields.js';

/**
 * Returns the fields of a presence that a commit changes. Times are relative to `at`, and the version to `base`. The fields have
 * the same positions as in the record of the presence.
 */
export function presenceChanges(
  before: Presence,
  after: Presence,
  at: number,
  base: number,
): FieldChanges {
  const fields: unknown[] = [];
  if (before === after) return fields;
  if (before.status !== after.status) fields.push(0, after.status);
  if (before.statusText !== after.statusText) fields.push(1, after.statusText);
  if (before.channelId !== after.channelId) fields.push(2, after.channelId ?? null);
  if (before.isMicrophoneMuted !== after.isMicrophoneMuted)
    fields.push(3, bit(after.isMicrophoneMuted));
  if (before.isSpeakerMuted !== after.isSpeakerMuted) fields.push(4, bit(after.isSpeakerMuted));
  if (before.connectedAt !== after.connectedAt) fields.push(5, sinceOrNull(at, after.connectedAt));
  if (before.lastActiveAt !== after.lastActiveAt)
    fields.push(6, sinceOrNull(at, after.lastActiveAt));
  if (before.platforms !== after.platforms) fields.push(7, after.platforms);
  if (before.version !== after.version) fields.push(8, since(base, after.version));
  if (before.otherChannelIds !== after.otherChannelIds) fields.push(9, after.otherChannelIds);
  if (before.attributes !== after.attributes) fields.push(10, [...after.attributes]);
  if (before.moderatorMute !== after.moderatorMute)
    fields.push(11, muteBits(after.moderatorMute) ?? 0);
  return fields;
}

/** Returns the presence after a commit. `known`: the presence before it. */
export function changedPresence(
  known: Presence,
  fields: FieldChanges,
  at: number,
  base: number,
): Presence {
  const presence = copyPresence(known);
  for (let i = 0; i < fields.length; i += 2) {
    const value = fields[i + 1];
    switch (fields[i]) {
      case 0:
        presence.status = statusOf(value);
        break;
      case 1:
        presence.statusText = text(value);
        break;
      case 2:
        presence.channelId = value === null ? undefined : sharedWith(undefined, value);
        break;
      case 3:
        presence.isMicrophoneMuted = value === 1;
        break;
      case 4:
        presence.isSpeakerMuted = value === 1;
        break;
      case 5:
        presence.connectedAt = laterOrNone(at, value);
        break;
      case 6:
        presence.lastActiveAt = laterOrNone(at, value);
        break;
      case 7:
        presence.platforms = platformsOf(value, known);
        break;
      case 8:
        presence.version = versionOf(later(base, value));
        break;
      case 9: {
        const others = texts(value);
        presence.otherChannelIds =
          others.length === 0 ? NO_CHANNELS : sameOr(known.otherChannelIds, others);
        break;
      }
      case 10:
        presence.attributes = attributesOf(value as AttributePairs);
        break;
      case 11:
        presence.moderatorMute = moderatorMuteOf(time(value));
        break;
      default:
        throw new UnreadableRecord('a field is unknown');
    }
  }
  return presence;
}

/** Every commit of another node copies a presence; see `copyUser`. */
function copyPresence(presence: Presence): Draft<Presence> {
  return {
    userId: presence.userId,
    status: presence.status,
    statusText: presence.statusText,
    channelId: presence.channelId,
    otherChannelIds: presence.otherChannelIds,
    isMicrophoneMuted: presence.isMicrophoneMuted,
    isSpeakerMuted: presence.isSpeakerMuted,
    moderatorMute: presence.moderatorMute,
    attributes: presence.attributes,
    connectedAt: presence.connectedAt,
    lastActiveAt: presence.lastActiveAt,
    platforms: presence.platforms,
    version: presence.version,
  };
}
