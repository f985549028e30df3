import { describe, expect, it } from 'vitest';
import type { Principal } from '../auth/principal.js';
import type { Config } from '../config/config.js';
import { ManualClock } from '../../test/support/manual-clock.js';
import { AuditLog, MAX_RECENT } from './audit-log.js';

const ROOT = { userId: 'root' } as Principal;

function auditLog(auditLog = true): AuditLog {
  return new AuditLog({ process: { auditLog } } as Config, new ManualClock());
}

function mute(log: AuditLog, userId: string): void {
  log.record('mute user', ROOT, { userId, requestId: 'a-request', isSpeakerMuted: true });
}

describe('The latest entries of the audit log', () => {
  it('say what the caller did to the user, and when', () => {
    const log = auditLog();
    mute(log, 'ann');
    expect(log.recent(0)).toEqual([
      {
        number: 1,
        at: expect.any(Number) as number,
        action: 'mute user',
        callerId: 'root',
        userId: 'ann',
        requestId: 'a-request',
        isSpeakerMuted: true,
      },
    ]);
  });

  it('stay few, however many there were', () => {
    const log = auditLog();
    for (let i = 1; i <= 3 * MAX_RECENT; i++) mute(log, `user-${i}`);
    const recent = log.recent(0);
    expect(recent).toHaveLength(MAX_RECENT);
    expect(recent[0]!.userId).toBe(`user-${2 * MAX_RECENT + 1}`);
    expect(recent.at(-1)!.number).toBe(3 * MAX_RECENT);
  });

  it('can be read from a number on', () => {
    const log = auditLog();
    for (const userId of ['ann', 'ben', 'cem']) mute(log, userId);
    expect(log.recent(1).map(({ userId }) => userId)).toEqual(['ben', 'cem']);
    expect(log.recent(3)).toEqual([]);
  });

  it('have changes only, because a dashboard repeats its reads', () => {
    const log = auditLog();
    log.record('explain', ROOT, { userId: 'ann', requestId: 'a-request' });
    log.record('read groups', ROOT, { userId: 'ann', requestId: 'a-request' });
    expect(log.recent(0)).toEqual([]);
  });

  it('are none with AUDIT_LOG=off', () => {
    const log = auditLog(false);
    mute(log, 'ann');
    expect(log.recent(0)).toEqual([]);
    expect(log.isOn).toBe(false);
  });
});
