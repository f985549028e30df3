import { describe, expect, it } from 'vitest';
import {
  connect,
  continueWith,
  disconnect,
  given,
  join,
  playWith,
  POLICY,
} from '../../test/support/play.js';
import { returning } from '../../test/support/remembered-choices.js';
import { membershipsOf } from './memberships.js';

describe('A session that names the one before it', () => {
  const playWithGrace = playWith({ reconnectGraceMs: 1000 });
  const withGrace = { ...POLICY, reconnectGraceMs: 1000 };

  it('replaces that session if it is lost, and no session of another tab', () => {
    const { user } = playWithGrace(
      [1, connect('a')],
      [2, connect('b')],
      [3, join('a', 'lobby')],
      [4, disconnect('a', 'CONNECTION_LOST')],
      [5, disconnect('b', 'CONNECTION_LOST')],
      [6, returning('b2', 'b', undefined)],
    );
    expect(user.sessions.map(({ sessionId }) => sessionId)).toEqual(['a', 'b2']);
    expect(membershipsOf(user)).toMatchObject([{ channelId: 'lobby', sessionId: 'a' }]);
    const { user: both } = continueWith(user, [[7, returning('a2', 'a', undefined)]], withGrace);
    expect(membershipsOf(both)).toMatchObject([{ channelId: 'lobby', sessionId: 'a2' }]);
    expect(both.sessions.map(({ sessionId }) => sessionId)).toEqual(['b2', 'a2']);
  });

  it('replaces no session if that one is unknown', () => {
    const { user } = playWithGrace(
      [1, connect('a')],
      [2, disconnect('a', 'CONNECTION_LOST')],
      [3, returning('b', 'unknown', undefined)],
    );
    expect(user.sessions.map(({ sessionId }) => sessionId)).toEqual(['a', 'b']);
  });

  it('takes over its channel while that session is live, and no viewer sees a difference', () => {
    const { user, eventLines } = given(
      [1, connect('a')],
      [2, join('a', 'lobby')],
      [3, returning('b', 'a', undefined)],
      [4, disconnect('a')],
    );
    expect(membershipsOf(user)).toMatchObject([{ channelId: 'lobby', sessionId: 'b' }]);
    expect(eventLines.filter((event) => event.includes('CHANNEL'))).toHaveLength(1);
  });

  it('takes over also the channels that the earlier session joins afterwards', () => {
    const { user } = given(
      [1, connect('a')],
      [2, returning('b', 'a', undefined)],
      [3, join('a', 'lobby')],
      [4, disconnect('a')],
    );
    expect(membershipsOf(user)).toMatchObject([{ channelId: 'lobby', sessionId: 'b' }]);
  });

  it('gives the channel back when it ends first, because the move was given up', () => {
    const { user } = given(
      [1, connect('a')],
      [2, join('a', 'lobby')],
      [3, returning('b', 'a', undefined)],
      [4, disconnect('b')],
    );
    expect(membershipsOf(user)).toMatchObject([{ channelId: 'lobby', sessionId: 'a' }]);
  });

  it('passes on the channels that it should take over', () => {
    const { user } = given(
      [1, connect('a')],
      [2, join('a', 'lobby')],
      [3, returning('b', 'a', undefined)],
      [4, join('a', 'garden')],
      [5, returning('c', 'b', undefined)],
      [6, disconnect('b')],
      [7, disconnect('a')],
    );
    expect(membershipsOf(user)).toMatchObject([{ channelId: 'garden', sessionId: 'c' }]);
  });

  it('does not wait for the earlier session once that is lost', () => {
    const { user } = playWithGrace(
      [1, connect('a')],
      [2, join('a', 'lobby')],
      [3, returning('b', 'a', undefined)],
      [4, disconnect('a', 'CONNECTION_LOST')],
    );
    expect(user.sessions).toHaveLength(1);
    expect(membershipsOf(user)).toMatchObject([{ channelId: 'lobby', sessionId: 'b' }]);
  });
});
