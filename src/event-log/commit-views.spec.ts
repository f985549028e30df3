import { describe, expect, it } from 'vitest';
import { eventOf, filterOf, newLog } from '../../test/support/log.js';
import { restrictedViewer } from '../../test/support/viewers.js';
import { CommitViews } from './commit-views.js';
import type { LogEntry } from './entry.js';

const COMMITS = 20_000;

/** A log in which the status of a user of a group changes again and again. */
function logOfGroup(groupId: string) {
  const log = newLog({ size: COMMITS + 1 });
  const [even, odd] = [0, 1].map((version) => ({
    shown: eventOf('ann', version + 1, { text: `${version}` }).presence,
    groups: [groupId],
    hiddenFrom: new Map(),
  }));
  for (let seq = 1; seq <= COMMITS; seq++) {
    const [before, after] = seq % 2 === 0 ? [even!, odd!] : [odd!, even!];
    const event = { ...eventOf('ann', seq), presence: after.shown };
    log.append(
      [event],
      { partition: 0, seq, mark: 1 },
      {
        ...{ before, after },
        occurredAt: seq,
        cause: 'REQUESTED',
      },
    );
  }
  return log;
}

describe('The events of commits for readers who do not see everything', () => {
  it.each(['acme', 'bolt'])('are remembered in 4 MiB at most, for a viewer in %s', (groupId) => {
    const log = logOfGroup('acme');
    const views = new CommitViews(log);
    const interest = {
      viewer: restrictedViewer('eve', { groups: [groupId], channels: [] }),
      filter: filterOf(),
    };
    let largest = 0;
    let seen: readonly LogEntry[] = [];
    for (let position = log.tail; position < log.head; position++) {
      seen = views.entriesFor(interest, log.at(position)!.facts!);
      largest = Math.max(largest, views.size);
    }
    expect(seen).toHaveLength(groupId === 'acme' ? 1 : 0);
    expect(largest).toBeGreaterThan(1024 * 1024);
    expect(largest).toBeLessThan(4.1 * 1024 * 1024);
  });
});
