import { describe, expect, it } from 'vitest';
import { change, user } from '../../test/support/users.js';
import { AuditTrail } from './audit.js';
import { channelRows, Channels } from './channels.js';
import { Feed } from './feed.js';
import { auditTable, channelTable, eventTable, userTable } from './tables.js';

describe('The table of', () => {
  it('users has every column of the list, and the times', () => {
    const ann = user('ann', {
      statusText: 'lunch',
      channelIds: ['lobby', 'stage'],
      isSpeakerMuted: true,
      isMicrophoneMutedByModerator: true,
      platforms: ['desktop', 'mobile'],
      attributes: { doc: 'plan' },
      lastActiveAt: undefined,
    });
    const [head, line, ...more] = userTable([ann, user('ben')]);
    expect(Object.fromEntries(head!.map((name, i) => [name, line![i]]))).toEqual({
      user: 'ann',
      status: 'Online',
      'status text': 'lunch',
      channels: 'lobby, stage',
      muted: 'speaker, microphone, by a moderator',
      platforms: 'desktop, mobile',
      attributes: '{"doc":"plan"}',
      'connected at': '1970-01-01T00:00:00.000Z',
      'last active at': '',
    });
    expect(more.map(([userId]) => userId)).toEqual(['ben']);
  });

  it('channels has the members of open channels below them, and the counts of the service', () => {
    const channels = new Channels();
    channels.apply([
      change(undefined, user('ann', { channelId: 'lobby' })),
      change(undefined, user('ben', { channelId: 'lobby', status: 'idle' })),
      change(undefined, user('cem', { channelId: 'attic' })),
    ]);
    const rows = channelRows(channels.list, new Set(['lobby']));
    expect(channelTable(rows, (channelId) => (channelId === 'attic' ? 7 : undefined))).toEqual([
      ['channel', 'users', 'member', 'status'],
      ['lobby', '2', '', ''],
      ['lobby', '', 'ann', 'Online'],
      ['lobby', '', 'ben', 'Idle'],
      ['attic', '7', '', ''],
    ]);
  });

  it('actions has the lines of the audit log', () => {
    const trail = new AuditTrail();
    const entry = { number: 1, at: 0, action: 'set status', callerId: 'root', userId: 'ann' };
    trail.add('a', [entry]);
    expect(auditTable(trail.rows)).toEqual([
      ['time', 'caller', 'user', 'action'],
      ['1970-01-01T00:00:00.000Z', 'root', 'ann', 'set the status of ann'],
    ]);
  });

  it('events has the lines of the feed', () => {
    const feed = new Feed();
    feed.add([change(undefined, user('ann'), 'connected')], new Date(0));
    expect(eventTable(feed.rows)).toEqual([
      ['time', 'user', 'kind', 'event'],
      ['1970-01-01T00:00:01.000Z', 'ann', 'Online', 'is online, on desktop (connected)'],
    ]);
  });
});
