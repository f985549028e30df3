import { describe, expect, it } from 'vitest';
import type { ChangeReason } from './change.js';
import {
  describeChange,
  describeExplanation,
  describePresence,
  describeReason,
  describeSessionEnd,
} from './describe.js';
import type { ExplainedSession, Explanation } from './explanation.js';
import type { Presence } from './presence.js';

const ANN: Presence = {
  userId: 'ann',
  status: 'online',
  statusText: '',
  channelId: undefined,
  channelIds: [],
  attributes: {},
  isMicrophoneMuted: false,
  isSpeakerMuted: false,
  isMicrophoneMutedByModerator: false,
  isSpeakerMutedByModerator: false,
  platforms: ['desktop'],
  connectedAt: new Date(0),
  lastActiveAt: new Date(0),
  version: 1n,
};

/** Describes a change. `presence` is the presence of a user who has left the collection. */
function parts(
  previous: Partial<Presence> | undefined,
  current: Partial<Presence> | undefined,
  presence: Partial<Presence> = {},
): string[] {
  const change = {
    userId: 'ann',
    previous: previous && { ...ANN, ...previous },
    current: current && { ...ANN, ...current },
    presence: { ...ANN, ...(current ?? presence) },
    reason: 'requested' as ChangeReason,
    occurredAt: undefined,
  };
  return describeChange(change).map(({ topic, text }) => `${topic}: ${text}`);
}

describe('The description of a change', () => {
  it('has the complete presence of a new user', () => {
    const current = { channelIds: ['lobby'], isMicrophoneMuted: true, statusText: 'hi' };
    expect(parts(undefined, current)).toEqual([
      'arrival: is online, in lobby, on desktop, microphone muted, with the status text "hi"',
    ]);
  });

  it('has one part for each difference', () => {
    const lobby = { channelIds: ['bar'], statusText: 'x' };
    const current: Partial<Presence> = {
      status: 'do-not-disturb',
      statusText: 'in a call',
      channelIds: ['lobby'],
      isMicrophoneMuted: true,
      isSpeakerMuted: true,
      platforms: ['desktop', 'web'],
    };
    expect(parts(lobby, current)).toEqual([
      'status: is do not disturb',
      'status: set the status text "in a call"',
      'channel: joined lobby and left bar',
      'mute: muted the microphone',
      'mute: muted the speaker',
      'devices: is on desktop, web',
    ]);
    expect(parts(current, {})).toEqual([
      'status: is online',
      'status: cleared the status text',
      'channel: left lobby',
      'mute: unmuted the microphone',
      'mute: unmuted the speaker',
      'devices: is on desktop',
    ]);
  });

  it('names all channels that a user joined or left, and says nothing of the one joined last', () => {
    const both = { channelId: 'a', channelIds: ['a', 'b'] };
    expect(parts({}, both)).toEqual(['channel: joined a and b']);
    expect(parts(both, { ...both, channelId: 'b' })).toEqual([]);
    expect(parts(both, { channelId: 'c', channelIds: ['b', 'c'] })).toEqual([
      'channel: joined c and left a',
    ]);
    expect(parts(undefined, both)).toEqual(['arrival: is online, in a and b, on desktop']);
  });

  it('describes the actions of a moderator', () => {
    const muted = { isMicrophoneMutedByModerator: true, isSpeakerMutedByModerator: true };
    expect(parts({}, muted)).toEqual([
      'mute: had the microphone muted by a moderator',
      'mute: had the speaker muted by a moderator',
    ]);
    expect(parts(muted, {})).toEqual([
      'mute: had the microphone unmuted by a moderator',
      'mute: had the speaker unmuted by a moderator',
    ]);
    expect(describePresence({ ...ANN, ...muted })).toBe(
      'online, on desktop, microphone muted by a moderator, speaker muted by a moderator',
    );
    expect(describeReason('moderated')).toBe('by a moderator or a backend');
  });

  it('has the attributes that were set and removed, also one with the name of a property', () => {
    const before = { attributes: { doc: 'plan', typing: 'yes' } };
    const current = { attributes: { doc: 'report', constructor: 'x' } as Presence['attributes'] };
    expect(parts(before, current)).toEqual([
      'attributes: set doc=report and constructor=x and removed typing',
    ]);
    expect(parts(current, current)).toEqual([]);
    expect(describePresence({ ...ANN, ...before })).toBe(
      'online, on desktop, doc=plan, typing=yes',
    );
    expect(describeReason('attribute-expired')).toBe('attribute expired');
  });

  it('shows the first 60 characters of a long attribute', () => {
    const current = { attributes: { doc: '🙂'.repeat(61) } };
    expect(parts({}, current)).toEqual([`attributes: set doc=${'🙂'.repeat(60)}…`]);
  });

  it('is empty if only times have changed', () => {
    expect(parts({}, { lastActiveAt: new Date(5000) })).toEqual([]);
  });

  it('says why a user is not in the collection any more', () => {
    const lobby = { channelIds: ['lobby'] };
    expect(parts(lobby, undefined, { status: 'offline' })).toEqual(['departure: is offline']);
    expect(parts(lobby, undefined, { channelIds: ['garden'] })).toEqual([
      'departure: moved to garden',
    ]);
    expect(parts(lobby, undefined)).toEqual(['departure: left lobby']);
    expect(parts({}, undefined)).toEqual(['departure: is no longer listed']);
  });

  it('has a reason, unless a user requested the change or a snapshot contained it', () => {
    expect(describeReason('connection-lost')).toBe('connection lost');
    expect(describeReason('requested')).toBeUndefined();
    expect(describeReason('snapshot')).toBeUndefined();
  });

  it('uses the formats of the caller', () => {
    const presence = { ...ANN, channelIds: ['lobby'], statusText: 'hi' };
    expect(
      describePresence(presence, {
        status: (status) => status.toUpperCase(),
        text: (text) => `<${text}>`,
      }),
    ).toBe('ONLINE, in <lobby>, on <desktop>, with the status text "<hi>"');
  });
});

const NOON = new Date('2030-01-09T12:00:00Z');
const EARLIER = new Date('2030-01-09T11:53:00Z');
const time = (at: Date, tense: string): string => `${tense} ${at.toISOString().slice(11, 16)}`;

const SESSION: ExplainedSession = {
  sessionId: 's1',
  userId: 'ann',
  platform: 'desktop',
  connectedAt: EARLIER,
  lastActiveAt: EARLIER,
  nodeId: 'n1',
  holdsChannel: true,
  heartbeatDueAt: undefined,
  tokenExpiresAt: undefined,
  graceEndsAt: undefined,
  channelIds: [],
  attributes: {},
};

function sentences(more: Partial<Explanation>): string[] {
  const idle = { ...ANN, status: 'idle', lastActiveAt: EARLIER } as const;
  const explanation: Explanation = {
    shown: idle,
    own: idle,
    cause: 'inactive',
    choice: 'automatic',
    choiceExpiresAt: undefined,
    sessions: [SESSION],
    next: undefined,
    idleTimeoutMs: 300_000,
    explainedAt: NOON,
    ...more,
  };
  return describeExplanation(explanation, { time });
}

describe('The description of an explanation', () => {
  it('has the cause of the status, and the next change', () => {
    expect(sentences({})).toEqual([
      'ann is idle: the last activity was past 11:53 on desktop, and the idle timeout is 5 min.',
      'Nothing will change without a new call.',
    ]);
    const next = { at: NOON, kind: 'grace-ended', sessionId: 's1', shown: ANN } as const;
    expect(sentences({ idleTimeoutMs: 1500, next })).toEqual([
      'ann is idle: the last activity was past 11:53 on desktop, and the idle timeout is 1.5 s.',
      'Next, future 12:00: the grace of a lost session ends, which ends session s1. Then everyone else sees online.',
    ]);
  });

  it('takes the last activity from the sessions if the presence has none', () => {
    const own = { ...ANN, lastActiveAt: undefined };
    const older = { ...SESSION, lastActiveAt: new Date(0) };
    expect(sentences({ own, cause: 'active', sessions: [older, SESSION] })[0]).toBe(
      'ann is online: the last activity was past 11:53 on desktop, and the idle timeout is 5 min.',
    );
    expect(sentences({ own, cause: 'active', sessions: [] })[0]).toBe(
      'ann is online: the last activity is unknown, and the idle timeout is 5 min.',
    );
  });

  it('has the expiry of a chosen status', () => {
    expect(sentences({ cause: 'chosen' })[0]).toBe('ann is idle: the user chose it.');
    expect(sentences({ cause: 'chosen', choiceExpiresAt: NOON })[0]).toBe(
      'ann is idle: the user chose it, and the choice expires future 12:00.',
    );
  });

  it('has the last activity of a user without a session', () => {
    const own = { ...ANN, status: 'offline', lastActiveAt: undefined } as const;
    const gone = { cause: 'no-session', sessions: [] } as const;
    expect(sentences({ ...gone, own, shown: own })[0]).toBe('ann is offline: there is no session.');
    const seen = { ...own, lastActiveAt: EARLIER };
    expect(sentences({ ...gone, own: seen, shown: seen })[0]).toBe(
      'ann is offline: there is no session, and the last activity was past 11:53.',
    );
  });

  it('describes the view of everyone else if that differs', () => {
    const shown = { ...ANN, status: 'offline' } as const;
    expect(sentences({ shown })[1]).toBe('Everyone else sees offline.');
    expect(sentences({ shown, choice: 'invisible' })[1]).toBe(
      'Everyone else sees offline, because the user chose to be invisible.',
    );
  });

  it('names causes and changes that only a newer version knows', () => {
    const next = { at: undefined, kind: 'unknown', sessionId: undefined, shown: ANN } as const;
    expect(sentences({ cause: 'unknown', next })).toEqual([
      'ann is idle: the cause is not known to this version of the library.',
      'Next: something happens that this version of the library does not know. Then everyone else sees online.',
    ]);
  });

  it.each([
    [{}, undefined],
    [{ graceEndsAt: NOON, heartbeatDueAt: NOON }, 'lost, grace ends future 12:00'],
    [{ heartbeatDueAt: NOON, tokenExpiresAt: NOON }, 'heartbeat due future 12:00'],
    [{ tokenExpiresAt: NOON }, 'token expires future 12:00'],
  ])('has the end of a session: %j', (ends, end) => {
    expect(describeSessionEnd({ ...SESSION, ...ends }, { time })).toBe(end);
  });

  it('writes times as local times by default', () => {
    expect(describeSessionEnd({ ...SESSION, graceEndsAt: NOON })).toBe(
      `lost, grace ends at ${NOON.toLocaleTimeString()}`,
    );
  });
});
