import { describe, expect, it } from 'vitest';
import { change, user } from '../../test/support/users.js';
import { UserTable } from './user-table.js';
import type { SortKey } from './user-order.js';

const NO_FILTER = { text: '', statuses: new Set<never>() };

function tableOf(...users: readonly ReturnType<typeof user>[]): UserTable {
  const table = new UserTable();
  table.apply(users.map((current) => change(undefined, current)));
  return table;
}

function idsOf({ rows }: UserTable): string[] {
  return rows.map(({ userId }) => userId);
}

describe('The table of users', () => {
  it('is ordered by user until something else is asked for', () => {
    expect(idsOf(tableOf(user('cem'), user('ann'), user('ben')))).toEqual(['ann', 'ben', 'cem']);
  });

  it.each<[SortKey, string[]]>([
    ['user', ['ann', 'ben', 'cem', 'dan']],
    ['status', ['ann', 'dan', 'cem', 'ben']],
    ['channel', ['cem', 'ben', 'ann', 'dan']],
    ['platforms', ['dan', 'ann', 'cem', 'ben']],
    ['idle', ['ann', 'dan', 'cem', 'ben']],
  ])('can be ordered by %s, and back', (key, expected) => {
    const table = tableOf(
      user('ann', { platforms: ['desktop'] }),
      user('ben', {
        status: 'do-not-disturb',
        channelId: 'lobby',
        platforms: ['web'],
        lastActiveAt: new Date(1000),
      }),
      user('cem', {
        status: 'idle',
        channelId: 'bar',
        platforms: ['mobile'],
        lastActiveAt: new Date(2000),
      }),
      user('dan', { platforms: [] }),
    );
    table.sortBy({ key, isDescending: false });
    expect(idsOf(table)).toEqual(expected);
    table.sortBy({ key, isDescending: true });
    expect(table.rows[0]!.userId).not.toBe(expected[0]);
  });

  it('inserts changes in order, and removes users who went OFFLINE', () => {
    const table = tableOf(user('ann'), user('cem'), user('dan'));
    table.apply([
      change(user('cem'), undefined),
      change(undefined, user('ben')),
      change(undefined, user('zoe')),
      change(user('ann'), user('ann', { status: 'idle' })),
    ]);
    expect(idsOf(table)).toEqual(['ann', 'ben', 'dan', 'zoe']);
    expect(table.rows[0]!.status).toBe('idle');
    expect(table.size).toBe(4);
    expect(table.get('cem')).toBeUndefined();
  });

  it('keeps the last of several changes of a user in one batch', () => {
    const table = tableOf(user('ann'));
    const gone = change(user('ann'), undefined);
    table.apply([gone, change(undefined, user('ann', { status: 'away' }))]);
    expect(table.rows.map(({ status }) => status)).toEqual(['away']);
    table.apply([change(undefined, user('ben')), change(user('ben'), undefined)]);
    expect(idsOf(table)).toEqual(['ann']);
  });

  it('counts each status, whatever is filtered', () => {
    const table = tableOf(user('ann'), user('ben', { status: 'idle' }), user('cem'));
    table.filterBy({ text: 'nobody', statuses: new Set() });
    table.apply([change(user('cem'), user('cem', { status: 'away' }))]);
    expect(table.counts).toMatchObject({ online: 1, idle: 1, away: 1, offline: 0 });
    expect(table.rows).toEqual([]);
  });

  it('finds users by parts of id, text, channel and platform, in any case', () => {
    const table = tableOf(
      user('Ann'),
      user('ben', { statusText: 'Lunch' }),
      user('cem', { channelId: 'lobby' }),
      user('dan', { platforms: ['mobile'] }),
    );
    for (const [text, expected] of [
      [' an', ['Ann', 'dan']],
      ['LUNCH', ['ben']],
      ['lob', ['cem']],
      ['mobile', ['dan']],
      ['', ['Ann', 'ben', 'cem', 'dan']],
    ] as const) {
      table.filterBy({ ...NO_FILTER, text });
      expect(idsOf(table)).toEqual(expected);
    }
  });

  it('adds users who match the filter now, and removes those who no longer match', () => {
    const table = tableOf(user('ann'), user('ben', { status: 'idle' }));
    table.filterBy({ text: '', statuses: new Set(['idle']) });
    expect(idsOf(table)).toEqual(['ben']);
    table.apply([
      change(user('ann'), user('ann', { status: 'idle' })),
      change(user('ben'), user('ben')),
    ]);
    expect(idsOf(table)).toEqual(['ann']);
  });

  it('equals a newly built table after any burst of changes', () => {
    const ids = Array.from({ length: 300 }, (_, i) => `user-${(i * 7919) % 300}`);
    const table = tableOf(...ids.map((id) => user(id)));
    table.sortBy({ key: 'channel', isDescending: true });
    const moves = ids.filter((_, i) => i % 3 === 0);
    table.apply(
      moves.map((id, i) => change(user(id), user(id, { channelId: `channel-${i % 11}` }))),
    );
    const merged = idsOf(table);
    table.filterBy(NO_FILTER);
    expect(merged).toEqual(idsOf(table));
    expect(new Set(merged).size).toBe(300);
  });
});
