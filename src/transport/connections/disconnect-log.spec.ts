import { describe, expect, it } from 'vitest';
import { DisconnectLog } from './disconnect-log.js';

describe('The log of disconnections', () => {
  it('is counted by reason, and logged ten times in ten seconds, with how many were not', () => {
    const lines: string[] = [];
    let now = 0;
    const log = new DisconnectLog(
      'Test',
      { flood: 'it sent too much', silence: 'it sent nothing' },
      { warn: (line: string) => void lines.push(line) },
      () => now,
    );
    for (let i = 0; i < 1000; i++) log.add('flood', `192.0.2.${i % 256}`);
    log.add('silence');
    expect(log.counts).toEqual({ flood: 1000, silence: 1 });
    expect(lines).toHaveLength(10);
    expect(lines[9]).toBe('Disconnected 192.0.2.9: it sent too much');
    now = 10_000;
    log.add('silence');
    expect(lines.slice(10)).toEqual([
      'Disconnected 991 more peers without logging each of them',
      'Disconnected a local peer: it sent nothing',
    ]);
  });
});
