import { describe, expect, it } from 'vitest';
import {
  activity,
  connect,
  disconnect,
  continueWith,
  heartbeat,
  join,
  mute,
  nodeLost,
  nodeRenamed,
  given,
  playWith,
  POLICY,
  silent,
  time,
} from '../../test/support/play.js';
import { membershipsOf } from './memberships.js';
import { liveSessions } from './user.js';

describe('Heartbeats', () => {
  const begun = given([0, connect('a', { requireHeartbeats: true })]);

  it('are required if the client has promised them', () => {
    expect(begun.wakeAt).toBe(100);
    const missed = continueWith(begun.user, [[100, silent('a', 100)]]);
    expect(missed.eventLines).toEqual(['100 USER_OFFLINE CONNECTION_LOST']);
    expect(missed.ended).toEqual([{ sessionId: 'a', cause: 'CONNECTION_LOST' }]);
  });

  it('are missed only if the node of the stream reports it', () => {
    expect(continueWith(begun.user, [[100, time]]).user).toBe(begun.user);
  });

  it('are not missed if another node received one', () => {
    const heard = continueWith(begun.user, [[60, heartbeat('a')]]).user;
    expect(continueWith(heard, [[100, silent('a', 100)]]).user).toBe(heard);
    expect(continueWith(heard, [[160, silent('a', 160)]]).eventLines).toEqual([
      '160 USER_OFFLINE CONNECTION_LOST',
    ]);
  });

  it('postpone the end and are no activity', () => {
    const { user, wakeAt } = continueWith(begun.user, [[60, heartbeat('a')]]);
    expect(wakeAt).toBe(160);
    expect(user.shown.lastActiveAt).toBe(0);
  });

  it('are not needed while there is activity of any kind', () => {
    for (const input of [activity('a'), join('a', 'lobby'), mute('a', { speaker: true })]) {
      expect(continueWith(begun.user, [[60, input]]).wakeAt).toBe(160);
    }
  });

  it('change nothing if the client has not promised them', () => {
    const { user } = given([0, connect('a')]);
    expect(continueWith(user, [[60, heartbeat('a')]]).user).toBe(user);
  });
});

describe('An expired token', () => {
  it('ends its session and no other', () => {
    const { eventLines, ended, user } = given(
      [0, connect('a', { tokenExpiresAt: 50, platform: 'web' })],
      [1, connect('b')],
      [50, time],
    );
    expect(ended).toEqual([{ sessionId: 'a', cause: 'TOKEN_EXPIRED' }]);
    expect(eventLines.at(-1)).toBe('50 USER_CONNECTION_CHANGED TOKEN_EXPIRED');
    expect(liveSessions(user).map(({ sessionId }) => sessionId)).toEqual(['b']);
  });

  it('does not wait for a reconnect', () => {
    const graceful = playWith({ reconnectGraceMs: 50 });
    const { eventLines } = graceful([0, connect('a', { tokenExpiresAt: 50 })], [50, time]);
    expect(eventLines.at(-1)).toBe('50 USER_OFFLINE TOKEN_EXPIRED');
  });
});

describe('The reconnect grace', () => {
  const policy = { ...POLICY, reconnectGraceMs: 50 };
  const graceful = playWith(policy);
  const lost = graceful(
    [0, connect('a')],
    [1, join('a', 'lobby')],
    [10, disconnect('a', 'CONNECTION_LOST')],
  );

  it('keeps at most as many lost sessions as there may be live ones', () => {
    const { user } = playWith({ reconnectGraceMs: 50, maxSessionsPerUser: 2 })(
      [0, connect('a', { platform: 'a' })],
      [1, disconnect('a', 'CONNECTION_LOST')],
      [2, connect('b', { platform: 'b' })],
      [3, disconnect('b', 'CONNECTION_LOST')],
      [4, connect('c', { platform: 'c' })],
    );
    expect(user.own.platforms).toEqual(['b', 'c']);
  });

  it('keeps the presence of a user whose connection was lost', () => {
    expect(lost.eventLines).toHaveLength(2);
    expect(lost.user.shown).toMatchObject({ status: 'ONLINE', channelId: 'lobby' });
    expect(lost.ended).toEqual([{ sessionId: 'a', cause: 'CONNECTION_LOST' }]);
    expect(lost.wakeAt).toBe(60);
  });

  it('ends, and with it the session, its channel and the user', () => {
    const { eventLines, ended } = continueWith(lost.user, [[60, time]], policy);
    expect(eventLines).toEqual([
      '60 USER_CHANNEL_CHANGED CONNECTION_LOST',
      '60 USER_OFFLINE CONNECTION_LOST',
    ]);
    expect(ended, 'its stream has ended long ago').toEqual([]);
  });

  it('does not delay a clean end or a requested one', () => {
    for (const cause of ['DISCONNECTED', 'SESSION_ENDED'] as const) {
      const { eventLines } = graceful([0, connect('a')], [1, disconnect('a', cause)]);
      expect(eventLines.at(-1)).toBe(`1 USER_OFFLINE ${cause}`);
    }
  });

  it('also begins when heartbeats are missed', () => {
    const { wakeAt, eventLines } = graceful(
      [0, connect('a', { requireHeartbeats: true })],
      [100, silent('a', 100)],
      [150, time],
    );
    expect(eventLines.at(-1)).toBe('150 USER_OFFLINE CONNECTION_LOST');
    expect(wakeAt).toBeUndefined();
  });

  it('leaves no session that could be used', () => {
    expect(liveSessions(lost.user)).toEqual([]);
    expect(() => continueWith(lost.user, [[20, heartbeat('a')]], policy)).toThrow(
      'no such live session',
    );
    expect(() => continueWith(lost.user, [[20, activity()]], policy)).toThrow('no live session');
    expect(continueWith(lost.user, [[20, disconnect('a')]], policy).user).toBe(lost.user);
  });

  it('lets a client of the same platform take over the channel of the lost session', () => {
    const back = continueWith(lost.user, [[20, connect('b')]], policy);
    expect(back.eventLines).toEqual(['20 USER_CONNECTION_CHANGED CONNECTED']);
    expect(back.user.shown).toMatchObject({ channelId: 'lobby', connectedAt: 20 });
    expect(back.user.sessions).toHaveLength(1);
    expect(continueWith(back.user, [[60, time]], policy).user).toBe(back.user);
    const { eventLines } = continueWith(back.user, [[70, disconnect('b')]], policy);
    expect(eventLines[0]).toBe('70 USER_CHANNEL_CHANGED DISCONNECTED');
  });

  it('treats a client of another platform as another device', () => {
    const { user } = continueWith(lost.user, [[20, connect('b', { platform: 'mobile' })]], policy);
    expect(user.shown.platforms).toEqual(['desktop', 'mobile']);
    const { eventLines } = continueWith(user, [[60, time]], policy);
    expect(eventLines).toEqual([
      '60 USER_CHANNEL_CHANGED CONNECTION_LOST',
      '60 USER_CONNECTION_CHANGED CONNECTION_LOST',
    ]);
  });

  it('leaves the channel to the device that holds it when another device reconnects', () => {
    const { user } = graceful(
      [0, connect('a')],
      [1, connect('b', { platform: 'mobile' })],
      [2, join('b', 'lobby')],
      [3, disconnect('a', 'CONNECTION_LOST')],
      [4, connect('c')],
    );
    expect(membershipsOf(user)).toMatchObject([{ channelId: 'lobby', sessionId: 'b' }]);
  });

  it('reserves no capacity for lost sessions', () => {
    const one = playWith({ reconnectGraceMs: 50, maxSessionsPerUser: 1 });
    const { user } = one(
      [0, connect('a')],
      [1, disconnect('a', 'CONNECTION_LOST')],
      [2, connect('b', { platform: 'web' })],
    );
    expect(user.shown.platforms).toEqual(['web']);
  });
});

describe('wakeAt', () => {
  it('is the earliest deadline of the user', () => {
    const { wakeAt, user } = given(
      [0, connect('a', { tokenExpiresAt: 300 })],
      [0, connect('b', { requireHeartbeats: true })],
    );
    expect(wakeAt).toBe(100);
    const afterHeartbeat = continueWith(user, [[100, silent('b', 100)]]);
    expect(afterHeartbeat.wakeAt).toBe(300);
    expect(continueWith(afterHeartbeat.user, [[300, time]]).wakeAt).toBeUndefined();
  });

  it('stays in the past while more deadlines are due, which are processed in order', () => {
    const { user } = given(
      [0, connect('a', { tokenExpiresAt: 60 })],
      [0, connect('b', { tokenExpiresAt: 50 })],
    );
    const first = continueWith(user, [[70, time]]);
    expect(first.ended).toEqual([{ sessionId: 'b', cause: 'TOKEN_EXPIRED' }]);
    expect(first.wakeAt).toBe(60);
    const second = continueWith(first.user, [[70, time]]);
    expect(second.ended).toEqual([{ sessionId: 'a', cause: 'TOKEN_EXPIRED' }]);
    expect(second.wakeAt).toBeUndefined();
  });
});

describe('A node that is lost', () => {
  const both = given(
    [0, connect('a', { node: 'node-1', platform: 'web' })],
    [1, connect('b', { node: 'node-2' })],
    [2, join('a', 'lobby')],
  );

  it('ends the sessions of that node, and users with another session stay online', () => {
    const { eventLines, ended, user } = continueWith(both.user, [[3, nodeLost('node-1')]]);
    expect(eventLines).toEqual([
      '3 USER_CHANNEL_CHANGED NODE_LOST',
      '3 USER_CONNECTION_CHANGED NODE_LOST',
    ]);
    expect(ended).toEqual([{ sessionId: 'a', cause: 'NODE_LOST' }]);
    expect(liveSessions(user).map(({ sessionId }) => sessionId)).toEqual(['b']);
  });

  it('makes users without another session OFFLINE', () => {
    const { eventLines } = given([0, connect('a')], [1, connect('b')], [2, nodeLost('node-1')]);
    expect(eventLines.at(-1)).toBe('2 USER_OFFLINE NODE_LOST');
  });

  it('does not affect users without a session there, and has no effect when repeated', () => {
    expect(continueWith(both.user, [[3, nodeLost('node-3')]]).user).toBe(both.user);
    const { user } = continueWith(both.user, [[3, nodeLost('node-1')]]);
    expect(continueWith(user, [[4, nodeLost('node-1')]]).user).toBe(user);
  });

  it('leaves its users the reconnect grace, and is the reason when the grace has ended', () => {
    const lost = playWith({ reconnectGraceMs: 50 })([0, connect('a')], [3, nodeLost('node-1')]);
    expect(lost.eventLines).toEqual(['0 USER_ONLINE CONNECTED']);
    expect(lost.wakeAt).toBe(53);
    expect(continueWith(lost.user, [[53, time]]).eventLines).toEqual(['53 USER_OFFLINE NODE_LOST']);
  });
});

describe('A node that continues with a new node id', () => {
  it('keeps its sessions without an event', () => {
    const { user } = given(
      [0, connect('a', { node: 'old' })],
      [1, connect('b', { node: 'other' })],
      [2, join('a', 'lobby')],
    );
    const renamed = continueWith(user, [[3, nodeRenamed('old', 'new')]]);
    expect(renamed.eventLines).toEqual([]);
    expect(renamed.user.own).toEqual(user.own);
    expect(renamed.user.sessions.map(({ node }) => node)).toEqual(['new', 'other']);
    expect(continueWith(renamed.user, [[4, nodeLost('old')]]).user).toBe(renamed.user);
  });

  it('does not affect users without a session there', () => {
    const { user } = given([0, connect('a', { node: 'other' })]);
    expect(continueWith(user, [[1, nodeRenamed('old', 'new')]]).user).toBe(user);
  });
});
