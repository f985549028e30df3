import { describe, expect, it } from 'vitest';
import fc from '../../../test/support/seeded-fast-check.js';
import { history, policies, stepsOf } from '../../../test/support/histories.js';
import { choose, connect, given, join, joinToo, POLICY } from '../../../test/support/play.js';
import { membershipsOf } from '../../domain/memberships.js';
import { moderatorMute } from '../../domain/moderator-mute.js';
import { unknownPresence, type Presence } from '../../domain/presence.js';
import { sharedGroups } from '../../domain/shared-groups.js';
import { step } from '../../domain/step.js';
import { newUser, type Session, type User } from '../../domain/user.js';
import { formatUser, readUser } from './user-record.codec.js';

describe('The record of a user', () => {
  it('says all there is to know, whatever has happened', () => {
    fc.assert(
      fc.property(history, policies, (lines, policy) => {
        for (const {
          step: { user },
        } of stepsOf(lines, policy)) {
          const record = formatUser(user);
          const read =
            record === '' ? newUser(user.userId) : readUser(user.userId, JSON.parse(record));
          expect(read).toEqual(user);
          expect(read.own === read.shown).toBe(user.own === user.shown);
        }
      }),
    );
  });

  it('holds every field, also the rare ones', () => {
    const own: Presence = {
      userId: 'ann',
      status: 'AWAY',
      statusText: 'at lunch',
      channelId: 'lobby',
      otherChannelIds: ['attic'],
      isMicrophoneMuted: true,
      isSpeakerMuted: false,
      moderatorMute: moderatorMute(false, true),
      attributes: new Map([['__proto__', 'x']]),
      connectedAt: 1,
      lastActiveAt: 2,
      platforms: ['desktop', 'web'],
      version: 3,
    };
    const session: Session = {
      sessionId: 'a',
      node: 'node',
      platform: 'web',
      connectedAt: 1,
      lastActiveAt: 2,
      heartbeatDueAt: 4,
      tokenExpiresAt: 5,
      graceEndsAt: 6,
      lostBecause: 'NODE_LOST',
      terms: { idleTimeoutMs: 7, heartbeatTimeoutMs: 8, reconnectGraceMs: 9 },
      succeeds: 'b',
      attributes: new Map([['__proto__', { value: 'x', version: 10, expiresAt: 11 }]]),
      groups: sharedGroups(['acme', 'acme/sales']),
      tokenIssuedAt: 12,
      joinRights: 'digest',
    };
    const user: User = {
      userId: 'ann',
      sessions: [session],
      channelId: 'lobby',
      channelSessionId: 'a',
      earlierChannels: [{ channelId: 'attic', sessionId: 'a', joinedAt: 2 }],
      channelHistory: { clearedAt: 1, joinedAt: 3, left: [{ channelId: 'lab', version: 2 }] },
      isMicrophoneMuted: true,
      isSpeakerMuted: false,
      moderatorMute: moderatorMute(false, true),
      choice: 'INVISIBLE',
      statusText: 'at lunch',
      choiceExpiresAt: 10,
      visibleSince: 11,
      choiceVersions: {
        status: 12,
        microphone: 13,
        speaker: 14,
        channel: 15,
        moderation: 16,
        hiding: 17,
      },
      accessRules: {
        hiddenFrom: new Map([['bob', { presence: own, endedAt: 18, endedVersion: 19 }]]),
        tokensValidFrom: 20,
      },
      own,
      shown: { ...unknownPresence('ann'), isSpeakerMuted: true, version: 2 },
    };
    const record = formatUser(user);
    expect(readUser('ann', JSON.parse(record))).toEqual(user);
    const presence =
      '["AWAY","at lunch","lobby",1,0,1,2,["desktop","web"],3,["attic"],[["__proto__","x"]],2]';
    // The positions of a released version never change.
    expect(record).toBe(
      '[[["a","node","web",1,2,4,5,6,"NODE_LOST",[7,8,9],"b",[["__proto__","x",10,11]],12,["acme","acme/sales"],"digest"]],["lobby","a"],1,0,"INVISIBLE","at lunch",10,11,' +
        `${presence},["OFFLINE","",null,0,1,null,null,[],2],[12,13,14,15,16,17],[[["attic","a",2]],1,[["lab",2]],3],2,[[[${presence},18,19,["bob"]]],20]]`,
    );
  });

  it('is read as earlier versions wrote it, without timeouts and the reason of a loss', () => {
    const presence = ['ONLINE', '', null, 0, 0, 5, 6, ['web'], 7];
    const session = ['a', 'node', 'web', 5, 6, null, null, 90];
    const user = readUser('ann', [
      [session],
      null,
      0,
      0,
      'AUTOMATIC',
      '',
      null,
      null,
      presence,
      null,
    ]);
    expect(user.sessions).toEqual([
      {
        ...{ sessionId: 'a', node: 'node', platform: 'web', connectedAt: 5, lastActiveAt: 6 },
        graceEndsAt: 90,
        attributes: new Map(),
        groups: [],
      },
    ]);
    const { user: gone, events } = step(user, { type: 'time' }, 90, POLICY);
    expect(gone.sessions).toEqual([]);
    expect(events.map(({ reason }) => reason)).toEqual(['CONNECTION_LOST']);
  });

  it('is read as the version before several channels wrote it', () => {
    const user = readUser(
      'ann',
      JSON.parse(
        '[[["s","node","desktop",71,166,null,900,null,null,[300000,8000,60000]]],["lobby","s"],1,0,"AWAY","at lunch",800,null,' +
          '["AWAY","at lunch","lobby",1,0,71,166,["desktop"],166000],null,[166000,71000,null,144000]]',
      ),
    );
    expect(user).toMatchObject({
      sessions: [{ sessionId: 's', platform: 'desktop', attributes: new Map() }],
      channelId: 'lobby',
      channelSessionId: 's',
      moderatorMute: { isMicrophoneMuted: false, isSpeakerMuted: false },
      choice: 'AWAY',
      choiceExpiresAt: 800,
      choiceVersions: { status: 166_000, microphone: 71_000, channel: 144_000 },
      shown: { channelId: 'lobby', otherChannelIds: [], attributes: new Map(), version: 166_000 },
    });
    expect(user.own).toBe(user.shown);
    // The record has no newer parts, so it is written as before: an older node reads it without a loss.
    expect(formatUser(user)).toBe(
      '[[["s","node","desktop",71,166,null,900,null,null,[300000,8000,60000]]],["lobby","s"],1,0,"AWAY","at lunch",800,null,' +
        '["AWAY","at lunch","lobby",1,0,71,166,["desktop"],166000],null,[166000,71000,null,144000]]',
    );
  });

  it('without the versions of joins is read with the channels in the same order', () => {
    const { user } = given(
      [1, connect('a')],
      [2, join('a', 'lobby')],
      [3, joinToo('a', 'attic')],
      [4, joinToo('a', 'lab')],
    );
    const fields = JSON.parse(formatUser(user)) as unknown[];
    const earlier = ['lobby', 'attic'].map((channelId) => [channelId, 'a']);
    const read = readUser(user.userId, fields.with(11, [earlier, 2000, []]));
    expect(membershipsOf(read)).toEqual(
      ['lobby', 'attic', 'lab'].map((channelId) => ({ channelId, sessionId: 'a', joinedAt: 2000 })),
    );
  });

  it('of an INVISIBLE user is read as the version before several channels wrote it', () => {
    const record =
      '[[["s","node","unknown",200,229,null,900,null,null,[300000,8000,60000]]],["lobby","s"],0,0,"INVISIBLE","",null,null,' +
      '["ONLINE","","lobby",0,0,200,229,["unknown"],229000],["OFFLINE","",null,0,0,null,217,[],229000],[229000,null,null,217000]]';
    const user = readUser('ann', JSON.parse(record));
    expect(user.own).toMatchObject({ status: 'ONLINE', channelId: 'lobby', otherChannelIds: [] });
    expect(user.shown).toMatchObject({
      status: 'OFFLINE',
      channelId: undefined,
      lastActiveAt: 217,
    });
    expect(formatUser(user)).toBe(record);
  });

  it('can be read by a node that does not know its newest parts yet, and by one that misses them', () => {
    const { user } = given(
      [1, connect('a')],
      [2, choose('a', 'AWAY')],
      [3, join('a', 'lobby')],
      [4, connect('b', { previousSessionId: 'a' })],
    );
    const [sessions, ...rest] = JSON.parse(formatUser(user)) as [unknown[][], ...unknown[]];
    const older = [sessions.map((session) => session.slice(0, 8)), ...rest.slice(0, 9)];
    const read = readUser(user.userId, older);
    expect(read.sessions).toEqual(
      user.sessions.map((each) => ({ ...each, terms: undefined, succeeds: undefined })),
    );
    // No choice that a client remembers from the time before that record can be newer.
    const { version } = user.own;
    expect(read).toEqual({
      ...user,
      sessions: read.sessions,
      choiceVersions: { status: version, microphone: version, speaker: version, channel: version },
    });
  });

  it('is empty for an unknown user', () => {
    expect(formatUser(newUser('alice'))).toBe('');
  });
});
