import { describe, expect, it } from 'vitest';
import { change, user } from '../../test/support/users.js';
import { channelRows, Channels } from './channels.js';

function shown(channels: Channels): Record<string, string[]> {
  return Object.fromEntries(
    channels.list.map(({ channelId, members }) => [channelId, members.map((m) => m.userId)]),
  );
}

const inLobby = (userId: string) => user(userId, { channelId: 'lobby' });
const inBar = (userId: string) => user(userId, { channelId: 'bar' });

describe('The channels', () => {
  it('are the channels with members, the largest first, with their members by id', () => {
    const channels = new Channels();
    channels.apply(
      [inBar('ann'), inLobby('dan'), inLobby('cem'), user('eve')].map((u) => change(undefined, u)),
    );
    expect(Object.entries(shown(channels))).toEqual([
      ['lobby', ['cem', 'dan']],
      ['bar', ['ann']],
    ]);
  });

  it('follow users who move, leave and go OFFLINE', () => {
    const channels = new Channels();
    channels.apply(
      [inLobby('ann'), inLobby('ben'), inLobby('cem')].map((u) => change(undefined, u)),
    );
    channels.apply([
      change(inLobby('ann'), inBar('ann')),
      change(inLobby('ben'), user('ben')),
      change(inLobby('cem'), undefined),
    ]);
    expect(shown(channels)).toEqual({ bar: ['ann'] });
  });

  it('have a user in each channel that the user is in', () => {
    const channels = new Channels();
    const both = user('ann', { channelIds: ['bar', 'lobby'], channelId: 'bar' });
    channels.apply([change(undefined, both), change(undefined, inLobby('ben'))]);
    expect(shown(channels)).toEqual({ lobby: ['ann', 'ben'], bar: ['ann'] });
    channels.apply([change(both, inLobby('ann'))]);
    expect(shown(channels)).toEqual({ lobby: ['ann', 'ben'] });
    channels.apply([change(inLobby('ann'), undefined)]);
    expect(shown(channels)).toEqual({ lobby: ['ben'] });
  });

  it('show the newest presence of a member', () => {
    const channels = new Channels();
    channels.apply([change(undefined, inLobby('ann'))]);
    channels.apply([change(inLobby('ann'), user('ann', { channelId: 'lobby', status: 'away' }))]);
    expect(channels.list[0]!.members[0]!.status).toBe('away');
  });

  it('are the same list while nothing changes', () => {
    const channels = new Channels();
    channels.apply([change(undefined, inLobby('ann'))]);
    const { list } = channels;
    channels.apply([change(undefined, user('ben'))]);
    expect(channels.list).toBe(list);
  });

  it('are listed with the members of the open ones', () => {
    const channels = new Channels();
    channels.apply([inLobby('ann'), inLobby('ben'), inBar('cem')].map((u) => change(undefined, u)));
    const rows = channelRows(channels.list, new Set(['lobby']));
    const words = rows.map((row) =>
      row.kind === 'member' ? row.user.userId : `${row.channel.channelId}${row.isOpen ? ':' : ''}`,
    );
    expect(words).toEqual(['lobby:', 'ann', 'ben', 'bar']);
  });
});
