import { describe, expect, it } from 'vitest';
import { readView, writeView, type View } from './view.js';

const START = readView('');

function linkTo(part: Partial<View>): string {
  return writeView({ ...START, ...part });
}

describe('A link to a view', () => {
  it('is empty for the view at the start', () => {
    expect(writeView(START)).toBe('');
    expect(START).toEqual({
      userId: undefined,
      users: { text: '', statuses: new Set() },
      sort: { key: 'user', isDescending: false },
      tab: 'Events',
      openChannels: new Set(),
      events: { text: '', topic: undefined },
    });
  });

  it('brings back every choice, whatever the ids contain', () => {
    const view: View = {
      userId: '#a&b=c d+é %41',
      users: { text: ' two words', statuses: new Set(['idle', 'do-not-disturb']) },
      sort: { key: 'idle', isDescending: true },
      tab: 'Events',
      openChannels: new Set(['a,b', 'token=x']),
      events: { text: 'joined', topic: 'channel' },
    };
    expect(readView(writeView(view))).toEqual(view);
  });

  it('is short enough to write by hand', () => {
    expect(linkTo({ userId: 'ann' })).toBe('user=ann');
    expect(linkTo({ tab: 'Channels' })).toBe('tab=channels');
    expect(linkTo({ tab: 'Channels', openChannels: new Set(['lobby']) })).toBe('channel=lobby');
    expect(linkTo({ sort: { key: 'user', isDescending: true } })).toBe('sort=-user');
    expect(readView('channel=lobby').tab).toBe('Channels');
  });

  it('never contains a token', () => {
    const view = readView('token=secret&user=ann');
    expect(view).toEqual({ ...START, userId: 'ann' });
    expect(writeView(view)).toBe('user=ann');
  });

  it('is read as far as it has a meaning', () => {
    expect(
      readView('user=+&status=busy,,offline,idle&sort=-age&tab=users&channel=&kind=storm&more=1'),
    ).toEqual({
      ...START,
      users: { text: '', statuses: new Set(['idle', 'offline']) },
    });
  });
});
