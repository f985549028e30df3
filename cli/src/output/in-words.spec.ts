import { describe, expect, it } from 'vitest';
import type { Explanation, Presence } from '#client';
import { changeInWords, explanationInWords, ownPresenceInWords } from './in-words.js';

const NOON = new Date(2030, 0, 9, 12);
const WHEN = '2030-01-09 12:00:00';

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
  connectedAt: NOON,
  lastActiveAt: NOON,
  version: 1n,
};

function inWords(current: Partial<Presence>, reason: 'requested' | 'connected' = 'requested') {
  const presence = { ...ANN, ...current };
  return changeInWords({
    userId: 'ann',
    previous: ANN,
    current: presence,
    presence,
    reason,
    occurredAt: undefined,
  });
}

describe('A change in words', () => {
  it('is one line with the user and the reason', () => {
    expect(inWords({ platforms: ['desktop', 'web'], channelIds: ['lobby'] }, 'connected')).toBe(
      'ann joined lobby, is on desktop, web (connected)',
    );
    expect(inWords({ status: 'do-not-disturb' })).toBe('ann is do-not-disturb');
  });

  it('is no line if only times have changed', () => {
    expect(inWords({ lastActiveAt: new Date(0) })).toBeUndefined();
  });

  it('escapes control characters of other users', () => {
    expect(inWords({ statusText: '\u001b[2J' })).toBe('ann set the status text "\\u{1b}[2J"');
  });
});

it('the own presence in words says whether the user is invisible', () => {
  expect(ownPresenceInWords({ ...ANN, isSpeakerMuted: true, statusText: 'hi' }, false)).toBe(
    'You (ann) are online, on desktop, speaker muted, with the status text "hi"',
  );
  expect(ownPresenceInWords(ANN, true)).toBe(
    'You (ann) are online, on desktop; everyone else sees you offline',
  );
});

it('an explanation in words has sentences, facts and a line for each session', () => {
  const session = {
    sessionId: 's1',
    userId: 'ann',
    platform: 'desktop',
    connectedAt: NOON,
    lastActiveAt: NOON,
    nodeId: 'n1',
    holdsChannel: true,
    heartbeatDueAt: undefined,
    tokenExpiresAt: NOON,
    graceEndsAt: undefined,
    channelIds: ['lobby'],
    attributes: { doc: 'plan' },
  };
  const own = {
    ...ANN,
    statusText: 'tea',
    channelId: 'lobby',
    channelIds: ['garden', 'lobby'],
    attributes: { doc: 'plan', 'a.b': '\u001b' },
    isMicrophoneMuted: true,
    isSpeakerMutedByModerator: true,
  };
  const explanation: Explanation = {
    shown: own,
    own,
    cause: 'active',
    choice: 'automatic',
    choiceExpiresAt: undefined,
    sessions: [session],
    next: undefined,
    idleTimeoutMs: 300_000,
    explainedAt: NOON,
  };
  const lines = explanationInWords(explanation);
  expect(lines.slice(0, -2)).toEqual([
    `ann is online: the last activity was at ${WHEN} on desktop, and the idle timeout is 5 min.`,
    'Nothing will change without a new call.',
    'The choice is automatic.',
    'The status text is "tea".',
    'The channels are garden, lobby.',
    'Muted: microphone, speaker (moderator).',
    'The attributes are doc=plan, a.b=\\u{1b}.',
    '',
  ]);
  expect(lines.slice(-2).map((line) => line.split(/ {2,}/))).toEqual([
    ['SESSION', 'DEVICE', 'SINCE', 'LAST ACTIVE', 'CHANNELS', 'ENDS', 'NODE'],
    ['s1', 'desktop', WHEN, WHEN, 'lobby', `token expires at ${WHEN}`, 'n1'],
  ]);
});
