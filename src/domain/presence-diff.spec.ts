import { describe, expect, it } from 'vitest';
import { moderatorMute } from './moderator-mute.js';
import { diffPresence, PRESENCE_FIELDS, presenceEquals } from './presence-diff.js';
import { unknownPresence, type Presence } from './presence.js';

type Field = keyof typeof PRESENCE_FIELDS;

const before: Presence = {
  ...unknownPresence('ann'),
  ...{ status: 'ONLINE', connectedAt: 1, lastActiveAt: 1, platforms: ['web'], version: 1 },
};

/** Another value of each field, for a user who stays connected. */
const OTHER: { readonly [F in Field]: Presence[F] } = {
  status: 'AWAY',
  statusText: 'at lunch',
  channelId: 'lobby',
  isMicrophoneMuted: true,
  isSpeakerMuted: true,
  otherChannelIds: ['attic'],
  moderatorMute: moderatorMute(true, false),
  attributes: new Map([['doc', '1']]),
  connectedAt: 2,
  lastActiveAt: 2,
  platforms: ['desktop', 'web'],
};

const fields = Object.keys(PRESENCE_FIELDS) as Field[];

describe('the table of the fields of a presence', () => {
  it.each(fields)(
    '%s: a new value of this field alone is announced by the kind of the table',
    (field) => {
      const after: Presence = { ...before, [field]: OTHER[field], version: 2 };
      const { announcedBy, differs } = PRESENCE_FIELDS[field];
      const kinds = diffPresence(before, after, 5, 'REQUESTED').map(({ change }) => change.kind);
      expect(kinds).toEqual(announcedBy === undefined ? [] : [announcedBy]);
      expect(presenceEquals(before, after)).toBe(announcedBy === undefined);
      expect(differs(before, after)).toBe(true);
    },
  );

  it.each(fields)('%s: an equal value is no difference', (field) => {
    expect(PRESENCE_FIELDS[field].differs(before, structuredClone(before))).toBe(false);
  });
});
