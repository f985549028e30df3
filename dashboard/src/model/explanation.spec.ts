import { describe, expect, it } from 'vitest';
import { user } from '../../test/support/users.js';
import {
  endInWords,
  explanationInWords,
  type ExplainedSession,
  type Explanation,
} from './explanation.js';
import { clockTime } from './time-in-words.js';

const NOW = 1_000_000_000;
const before = (ms: number): Date => new Date(NOW - ms);
const after = (ms: number): Date => new Date(NOW + ms);

function session(more: Partial<ExplainedSession> = {}): ExplainedSession {
  return {
    sessionId: 's1',
    platform: 'desktop',
    connectedAt: before(3_600_000),
    lastActiveAt: before(420_000),
    nodeId: 'node',
    holdsChannel: false,
    heartbeatDueAt: undefined,
    tokenExpiresAt: undefined,
    graceEndsAt: undefined,
    ...more,
  };
}

function sentences(more: Partial<Explanation>): string[] {
  const idle = user('ann', { status: 'idle', lastActiveAt: before(420_000) });
  const explanation: Explanation = {
    shown: idle,
    own: idle,
    cause: 'inactive',
    choice: 'automatic',
    choiceExpiresAt: undefined,
    sessions: [session({ platform: 'mobile', lastActiveAt: before(900_000) }), session()],
    next: undefined,
    idleTimeoutMs: 300_000,
    explainedAt: before(0),
    ...more,
  };
  return explanationInWords(explanation, NOW);
}

describe('An explanation in words', () => {
  it('says of who is idle which action was the last, and when idle begins', () => {
    expect(sentences({})).toEqual([
      'IDLE: the last action was 7 min ago on desktop; idle begins after 5 min.',
      'Next: nothing, unless somebody does something.',
    ]);
  });

  it('says of who is online until when that lasts', () => {
    const own = user('ann', { lastActiveAt: before(60_000) });
    const next = { at: after(240_000), kind: 'idle', sessionId: undefined };
    const at = clockTime(next.at);
    const shown = { status: 'idle' as const };
    expect(sentences({ own, shown: own, cause: 'active', next: { ...next, shown } })).toEqual([
      'ONLINE: the last action was 1 min ago on desktop; idle begins after 5 min without one.',
      `Next: in 4 min, at ${at}, the idle timeout passes. Then everyone sees IDLE.`,
    ]);
  });

  it('says of a chosen status until when it was chosen', () => {
    const own = user('ann', { status: 'do-not-disturb' });
    const chosen = { own, shown: own, cause: 'chosen' } as const;
    expect(sentences(chosen)[0]).toBe('DO NOT DISTURB: the user chose it.');
    const choiceExpiresAt = after(60_000);
    expect(sentences({ ...chosen, choiceExpiresAt })[0]).toBe(
      `DO NOT DISTURB: the user chose it, until ${clockTime(choiceExpiresAt)}.`,
    );
  });

  it('says of who is offline that there is no session', () => {
    const own = user('ann', { status: 'offline', lastActiveAt: undefined });
    const gone = { cause: 'no-session', sessions: [] } as const;
    expect(sentences({ ...gone, own, shown: own })[0]).toBe(
      'OFFLINE: there is no session, and no action is known.',
    );
    const seen = { ...own, lastActiveAt: before(60_000) };
    expect(sentences({ ...gone, own: seen, shown: seen })[0]).toBe(
      'OFFLINE: there is no session. The last action was 1 min ago.',
    );
  });

  it('says what everyone else sees, where that is something else', () => {
    const shown = user('ann', { status: 'offline' });
    expect(sentences({ shown, choice: 'invisible' })[1]).toBe(
      'Everyone else sees OFFLINE: the user chose to be invisible.',
    );
    expect(sentences({ shown })[1]).toBe('Everyone else sees OFFLINE.');
  });

  it('says so where the service knows more than the dashboard', () => {
    const next = { at: undefined, kind: 'new', sessionId: undefined, shown: user('ann') };
    expect(sentences({ cause: 'unknown', next })).toEqual([
      'IDLE: for a reason that this dashboard does not know.',
      'Next: at an unknown time, something happens that this dashboard does not know. Then everyone sees ONLINE.',
    ]);
  });

  it('says of a session by when it ends, and through what', () => {
    expect(endInWords(session(), NOW)).toBeUndefined();
    expect(endInWords(session({ tokenExpiresAt: after(60_000) }), NOW)).toBe(
      'token expires in 1 min',
    );
    expect(endInWords(session({ heartbeatDueAt: after(5000) }), NOW)).toBe('heartbeat due in 5 s');
    expect(endInWords(session({ graceEndsAt: after(5000) }), NOW)).toBe('lost, given up in 5 s');
  });
});
