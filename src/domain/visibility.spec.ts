import { describe, expect, it } from 'vitest';
import {
  choose,
  connect,
  continueWith,
  disconnect,
  given,
  hideFrom,
  join,
  joinToo,
  leave,
  type Line,
} from '../../test/support/play.js';
import { restrictedViewer, receivedBy } from '../../test/support/viewers.js';
import type { Input, TokenGrants } from './input.js';
import { channelIdsOf, type Presence } from './presence.js';
import type { User } from './user.js';
import type { Viewer } from './viewer.js';
import { changesViewers, eventsFor, groupsOf, shownTo, viewedOf } from './visibility.js';

function token(grants: Partial<TokenGrants>): TokenGrants {
  return { groups: [], issuedAt: undefined, mayJoin: undefined, ...grants };
}

function connectIn(sessionId: string, ...groups: readonly string[]): Input {
  return connect(sessionId, { token: token({ groups }) });
}

function after(user: User, ...lines: readonly Line[]): User {
  return continueWith(user, lines).user;
}

const colleague = restrictedViewer('bob', { groups: ['acme'], channels: [] });
const visitor = restrictedViewer('bob', { groups: [], channels: ['lobby', 'stage'] });

const { user: inAcme } = given([100, connectIn('a', 'acme', 'acme/sales')]);
const { user: inGlobex } = given([100, connectIn('a', 'globex')]);

describe('A viewer with groups', () => {
  it('sees users who share one of them, and no others', () => {
    expect(shownTo(colleague, inAcme)).toEqual(inAcme.shown);
    expect(shownTo(colleague, inGlobex)).toMatchObject({ status: 'OFFLINE', version: 0 });
    expect(receivedBy(colleague, inGlobex, [[200, disconnect('a')]])).toEqual([]);
  });

  it('sees users in channels that it may watch, while they are there', () => {
    const entered = after(inGlobex, [200, join('a', 'lobby')]);
    expect(shownTo(visitor, inGlobex).version).toBe(0);
    expect(shownTo(visitor, entered)).toEqual(entered.shown);
    expect(receivedBy(visitor, inGlobex, [[200, join('a', 'lobby')]])).toEqual([
      '200 USER_ONLINE CONNECTED',
      '200 USER_CHANNEL_CHANGED CONNECTED',
    ]);
    expect(receivedBy(visitor, entered, [[300, join('a', 'vault')]])).toEqual([
      '300 USER_CHANNEL_CHANGED DISCONNECTED',
      '300 USER_OFFLINE DISCONNECTED',
    ]);
  });

  it('who may watch every channel sees users who are in at least one', () => {
    const guide = restrictedViewer('bob', { groups: [] });
    expect(shownTo(guide, inGlobex).version).toBe(0);
    expect(shownTo(guide, after(inGlobex, [200, join('a', 'vault')])).status).toBe('ONLINE');
  });

  it('sees a user whose second session has a common group until that session ends', () => {
    const second: Line = [200, connectIn('b', 'acme')];
    expect(receivedBy(colleague, inGlobex, [second])).toEqual(['200 USER_ONLINE CONNECTED']);
    const both = after(inGlobex, second);
    expect([...groupsOf(both)]).toEqual(['acme', 'globex']);
    expect(receivedBy(colleague, both, [[300, disconnect('b')]])).toEqual([
      '300 USER_OFFLINE DISCONNECTED',
    ]);
  });

  it('sees a user who goes OFFLINE, or was never online, as one who was never seen', () => {
    const gone = after(inAcme, [200, disconnect('a')]);
    expect(groupsOf(gone)).toEqual([]);
    expect(shownTo(colleague, gone)).toEqual(shownTo(colleague, inGlobex));
    expect(groupsOf(after(inAcme, [200, choose('a', 'INVISIBLE')]))).toEqual([]);
  });

  it('receives OFFLINE with the version of the commit, for a user who disconnected or hides', () => {
    for (const input of [disconnect('a'), choose('a', 'INVISIBLE'), hideFrom('bob')]) {
      const hidden = after(inAcme, [200, input]);
      const [event] = eventsFor(colleague, viewedOf(inAcme), viewedOf(hidden), 200, 'REQUESTED');
      expect(event!.presence).toEqual({ ...shownTo(colleague, inGlobex), version: 200_000 });
    }
  });
});

describe('A change of the groups alone', () => {
  const changed = after(inAcme, [200, connectIn('b', 'globex')]);

  it('gives a new version and no events', () => {
    expect(changed.shown).toEqual({ ...inAcme.shown, version: 200_000, lastActiveAt: 200 });
    expect(continueWith(inAcme, [[200, connectIn('b', 'globex')]]).events).toEqual([]);
    expect(changesViewers(inAcme, changed)).toBe(true);
  });

  it('gives no new version if the groups stay the same, or the user is invisible', () => {
    const same = after(inAcme, [200, connectIn('b', 'acme/sales', 'acme')]);
    expect(same.shown.version).toBe(100_000);
    expect(changesViewers(inAcme, same)).toBe(false);
    const hidden = after(inAcme, [200, choose('a', 'INVISIBLE')]);
    const next = after(hidden, [300, connectIn('b', 'globex')]);
    expect(next.shown).toBe(hidden.shown);
    expect(changesViewers(hidden, next)).toBe(false);
  });
});

describe('A viewer who may watch only some channels', () => {
  const walker = given(
    [100, connect('a')],
    [110, joinToo('a', 'stage')],
    [120, joinToo('a', 'lobby')],
    [130, joinToo('a', 'vault')],
  ).user;
  const viewer = restrictedViewer('bob', { channels: ['lobby', 'stage'] });

  function placeOf(user: User, by: Viewer = viewer): Partial<Presence> {
    const { channelId, otherChannelIds } = shownTo(by, user);
    return { channelId, otherChannelIds };
  }

  it('sees only these, the one joined last as the current one', () => {
    expect(channelIdsOf(walker.shown)).toEqual(['lobby', 'stage', 'vault']);
    expect(placeOf(walker)).toEqual({ channelId: 'lobby', otherChannelIds: ['stage'] });
    const later = after(walker, [140, joinToo('a', 'stage')], [150, joinToo('a', 'vault')]);
    expect(placeOf(later)).toEqual({ channelId: 'stage', otherChannelIds: ['lobby'] });
    const none = restrictedViewer('bob', { channels: [] });
    expect(placeOf(walker, none)).toEqual({ channelId: undefined, otherChannelIds: [] });
  });

  it('receives nothing about other channels', () => {
    expect(receivedBy(viewer, walker, [[200, leave('a', 'vault')]])).toEqual([]);
    expect(receivedBy(viewer, walker, [[200, join('a', 'vault')]])).toEqual([
      '200 USER_CHANNEL_CHANGED REQUESTED',
    ]);
  });

  it('receives another current channel, although others see no difference', () => {
    const user = given(
      [100, connect('a')],
      [110, connect('b')],
      [120, joinToo('a', 'stage')],
      [130, joinToo('a', 'lobby')],
      [140, joinToo('b', 'stage')],
      [150, joinToo('a', 'vault')],
    ).user;
    const ended = continueWith(user, [[200, disconnect('b')]]);
    expect(ended.events).toEqual([]);
    expect(placeOf(user)).toEqual({ channelId: 'stage', otherChannelIds: ['lobby'] });
    expect(placeOf(ended.user)).toEqual({ channelId: 'lobby', otherChannelIds: ['stage'] });
    expect(ended.user.shown.version).toBe(200_000);
    expect(changesViewers(user, ended.user)).toBe(true);
    expect(receivedBy(viewer, user, [[200, disconnect('b')]])).toEqual([
      '200 USER_CHANNEL_CHANGED DISCONNECTED',
    ]);
  });
});

describe('A subscription that follows a user only by group', () => {
  it('sees the user go OFFLINE when it stops following, with a higher version', () => {
    const followed = { before: true, after: false };
    const viewed = viewedOf(inAcme);
    const [event] = eventsFor(colleague, viewed, viewed, 200, 'REQUESTED', followed);
    expect(event!.change.kind).toBe('USER_OFFLINE');
    expect(event!.presence.version).toBe(inAcme.shown.version + 1);
  });
});

describe('A session', () => {
  const inTwo = given(
    [100, connect('a')],
    [110, joinToo('a', 'lobby')],
    [120, joinToo('a', 'vault')],
  ).user;
  const toLobby = token({ mayJoin: (channelId) => channelId === 'lobby' });

  it('leaves the channels that its token does not grant when it takes over from another', () => {
    const moved = after(inTwo, [200, connect('b', { previousSessionId: 'a', token: toLobby })]);
    expect(channelIdsOf(moved.shown)).toEqual(['lobby']);
    expect(
      channelIdsOf(after(inTwo, [200, connect('b', { previousSessionId: 'a' })]).shown),
    ).toEqual(['lobby', 'vault']);
  });

  it('joins only the remembered channels that its token grants', () => {
    const channels = ['lobby', 'vault'].map((channelId) => ({ channelId, isHeld: true }));
    const channel = { version: 50_000, clearedVersion: 40_000, channels };
    const remembered = {
      ...{ channel, status: undefined, microphone: undefined, speaker: undefined },
    };
    const { user } = given([100, connect('a', { remembered, token: toLobby })]);
    expect(channelIdsOf(user.shown)).toEqual(['lobby']);
  });

  it('of another device keeps its channels', () => {
    const other = after(inTwo, [200, connect('b', { platform: 'mobile', token: toLobby })]);
    expect(channelIdsOf(other.shown)).toEqual(['lobby', 'vault']);
  });
});
