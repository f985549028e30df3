import { describe, expect, it } from 'vitest';
import type { ChangeReason, Presence } from '#client';
import { changeInWords, ownPresenceInWords } from './in-words.js';

const ANN: Presence = {
  userId: 'ann',
  status: 'online',
  statusText: '',
  channelId: undefined,
  isMicrophoneMuted: false,
  isSpeakerMuted: false,
  platforms: ['desktop'],
  connectedAt: new Date(0),
  lastActiveAt: new Date(0),
  version: 1n,
};

function inWords(
  previous: Partial<Presence> | undefined,
  current: Partial<Presence> | undefined,
  {
    reason = 'requested',
    presence = {},
  }: { reason?: ChangeReason; presence?: Partial<Presence> } = {},
): string {
  return changeInWords({
    userId: 'ann',
    previous: previous && { ...ANN, ...previous },
    current: current && { ...ANN, ...current },
    presence: { ...ANN, ...(current ?? presence) },
    reason,
    occurredAt: undefined,
  });
}

describe('A change in words', () => {
  it('says all of who is new', () => {
    const current = { channelId: 'lobby', isMicrophoneMuted: true, statusText: 'hi' };
    expect(inWords(undefined, current)).toBe(
      'ann is online, in lobby, on desktop, microphone muted, says "hi"',
    );
  });

  it('says what is different, and no more', () => {
    expect(inWords({}, { status: 'away', statusText: 'lunch' })).toBe('ann is away, says "lunch"');
    expect(inWords({ statusText: 'lunch' }, {})).toBe('ann says nothing any more');
    expect(inWords({}, { channelId: 'lobby' })).toBe('ann joined lobby');
    expect(inWords({ channelId: 'lobby' }, {})).toBe('ann left lobby');
    expect(inWords({}, { isMicrophoneMuted: true, isSpeakerMuted: true })).toBe(
      'ann muted the microphone, muted the speaker',
    );
    expect(inWords({ isMicrophoneMuted: true, isSpeakerMuted: true }, {})).toBe(
      'ann unmuted the microphone, unmuted the speaker',
    );
  });

  it('says where the user is connected when nothing else is different', () => {
    expect(inWords({}, { platforms: ['desktop', 'mobile'] }, { reason: 'connected' })).toBe(
      'ann is on desktop, mobile (connected)',
    );
  });

  it('says where one has gone who is not watched any more', () => {
    const offline = { status: 'offline', platforms: [] } as const;
    expect(inWords({}, undefined, { presence: offline, reason: 'connection-lost' })).toBe(
      'ann is offline (connection-lost)',
    );
    expect(inWords({}, undefined, { presence: { channelId: 'garden' } })).toBe(
      'ann went to garden',
    );
    expect(inWords({}, undefined)).toBe('ann left');
  });

  it('lets nobody paint the terminal', () => {
    expect(inWords({}, { statusText: '\u001b[2J' })).toBe('ann says "\\u{1b}[2J"');
  });
});

it('the own presence in words speaks to its user, and says that an invisible user is hidden', () => {
  const presence = { ...ANN, isSpeakerMuted: true, statusText: 'hi' };
  expect(ownPresenceInWords(presence, false)).toBe(
    'You (ann) are online, on desktop, speaker muted, say "hi"',
  );
  expect(ownPresenceInWords(ANN, true)).toBe(
    'You (ann) are online, on desktop; to everyone else you are offline',
  );
});
