import { describe, expect, it } from 'vitest';
import type { Explanation, Presence } from '#client';
import { explanationInWords } from './explanation-in-words.js';

const ANN: Presence = {
  userId: 'ann',
  status: 'idle',
  statusText: 'tea',
  channelId: 'lobby',
  isMicrophoneMuted: true,
  isSpeakerMuted: false,
  platforms: ['desktop'],
  connectedAt: new Date(),
  lastActiveAt: new Date(),
  version: 1n,
};

const NOON = new Date(2030, 0, 9, 12);
const WHEN = '2030-01-09 12:00:00';

const EXPLANATION: Explanation = {
  shown: ANN,
  own: ANN,
  cause: 'inactive',
  choice: 'automatic',
  choiceExpiresAt: undefined,
  sessions: [],
  next: undefined,
  idleTimeoutMs: 300_000,
  explainedAt: NOON,
};

const SESSION = {
  sessionId: 's1',
  userId: 'ann',
  platform: 'desktop',
  connectedAt: NOON,
  lastActiveAt: NOON,
  nodeId: 'n1',
  holdsChannel: true,
  heartbeatDueAt: undefined,
  tokenExpiresAt: undefined,
  graceEndsAt: undefined,
};

describe('An explanation in words', () => {
  it('says why, what was chosen and what else there is', () => {
    expect(explanationInWords(EXPLANATION)).toEqual([
      'ann is idle: there was no action within the idle timeout.',
      'The choice is automatic.',
      'The text is "tea".',
      'The channel is lobby.',
      'Muted: microphone.',
      'Nothing comes next by itself.',
    ]);
  });

  it('says what everyone else sees where that is another thing, and until when', () => {
    const shown = { ...ANN, status: 'offline' } as const;
    const choice = { choice: 'invisible', choiceExpiresAt: NOON } as const;
    expect(explanationInWords({ ...EXPLANATION, shown, ...choice })).toEqual(
      expect.arrayContaining([
        'Everyone else sees offline.',
        `The choice is invisible, until ${WHEN}.`,
      ]),
    );
  });

  it('says what time will bring', () => {
    const shown = { ...ANN, status: 'offline' } as const;
    const next = { at: NOON, kind: 'grace-ended', sessionId: 's1', shown } as const;
    expect(explanationInWords({ ...EXPLANATION, next })).toContain(
      `Next, at ${WHEN}: a lost session is given up, which ends session s1. Then offline is shown.`,
    );
  });

  it.each([
    [{ graceEndsAt: NOON, heartbeatDueAt: NOON }, `${WHEN} (lost)`],
    [{ heartbeatDueAt: NOON, tokenExpiresAt: NOON }, `${WHEN} (heartbeat)`],
    [{ tokenExpiresAt: NOON }, `${WHEN} (token)`],
  ])('has a line for each session, with how it would end first', (ends, inWords) => {
    const lines = explanationInWords({ ...EXPLANATION, sessions: [{ ...SESSION, ...ends }] });
    expect(lines.slice(-2).map((line) => line.split(/ {2,}/))).toEqual([
      ['SESSION', 'DEVICE', 'SINCE', 'LAST ACTIVE', 'CHANNEL', 'ENDS', 'NODE'],
      ['s1', 'desktop', WHEN, WHEN, 'held by it', inWords, 'n1'],
    ]);
  });
});
