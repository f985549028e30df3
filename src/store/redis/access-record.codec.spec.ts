import { describe, expect, it } from 'vitest';
import { connect, given, POLICY } from '../../../test/support/play.js';
import type { Hidings, Hiding } from '../../domain/access-rules.js';
import { offlineFrom } from '../../domain/presence.js';
import { sharedGroups } from '../../domain/shared-groups.js';
import { step } from '../../domain/step.js';
import { newUser, type User } from '../../domain/user.js';
import { decodeMessage, encodeCommit } from './log-batch.js';
import { UnreadableRecord } from './record-fields.js';
import { formatUser, readUser } from './user-record.codec.js';

/** A record as the version before access wrote it. */
const BEFORE_ACCESS =
  '[[["s","node","desktop",71,166,null,900,null,null,[300000,8000,60000],null,[["doc","plan",72,null]]]],["lobby","s"],1,0,"AWAY","at lunch",800,null,' +
  '["AWAY","at lunch","lobby",1,0,71,166,["desktop"],166000,["attic"],[["doc","plan"]],1],null,[166000,71000,null,144000,15],[[["attic","s"]],1,[]],1]';

/** A record with access rules and a session of a token with groups. */
const WITH_ACCESS =
  '[[["s","node","desktop",71,166,null,null,null,null,[300000,8000,60000],null,null,1764470000,["acme","acme/sales"],"digest"]],null,0,0,"AUTOMATIC","",null,null,' +
  '["ONLINE","",null,0,0,71,166,["desktop"],166000],null,[null,null,null,null,null,90000],null,null,' +
  '[[[["OFFLINE","",null,0,0,null,90,[],90000],null,0,["bob","carol"]],[null,120,120000,["dan"],420]],1764469000000]]';

const { user: online } = given([1, connect('a')]);

function hidingFrom(count: number): Hidings {
  const presence = offlineFrom(online.shown, online.shown.version + 1);
  const hiding: Hiding = { presence, endedAt: undefined, endedVersion: 0 };
  return new Map(Array.from({ length: count }, (_, nth) => [`viewer-${nth}`, hiding]));
}

function hiddenFrom(viewers: Hidings): User {
  return { ...online, accessRules: { hiddenFrom: viewers, tokensValidFrom: undefined } };
}

describe('The record of a user with access rules', () => {
  it('has the positions that a released version never changes', () => {
    const user = readUser('ann', JSON.parse(WITH_ACCESS));
    const { hiddenFrom: viewers, tokensValidFrom } = user.accessRules;
    const offline = { userId: 'ann', status: 'OFFLINE', lastActiveAt: 90, version: 90_000 };
    expect([...viewers]).toMatchObject([
      ['bob', { presence: offline, endedAt: undefined, endedVersion: 0 }],
      ['carol', { presence: offline, endedAt: undefined, endedVersion: 0 }],
      ['dan', { presence: undefined, endedAt: 120, endedVersion: 120_000, activeUntil: 420 }],
    ]);
    expect(tokensValidFrom).toBe(1_764_469_000_000);
    expect(user.choiceVersions).toEqual({ hiding: 90_000 });
    expect(user.sessions).toMatchObject([
      {
        groups: sharedGroups(['acme', 'acme/sales']),
        tokenIssuedAt: 1_764_470_000,
        joinRights: 'digest',
      },
    ]);
    expect(formatUser(user)).toBe(WITH_ACCESS);
  });

  it('is read as the version before wrote it, and written with the versions of joins', () => {
    const user = readUser('ann', JSON.parse(BEFORE_ACCESS));
    expect(user).toMatchObject({
      sessions: [{ groups: [], tokenIssuedAt: undefined, joinRights: undefined }],
      accessRules: { hiddenFrom: new Map(), tokensValidFrom: undefined },
    });
    const withJoins = BEFORE_ACCESS.replace('[[["attic","s"]],1,[]]', '[[["attic","s",1]],1,[],1]');
    expect(formatUser(user)).toBe(withJoins);
  });

  it('contains a presence once for all viewers who see it', () => {
    const one = formatUser(hiddenFrom(hidingFrom(1)));
    const many = formatUser(hiddenFrom(hidingFrom(1000)));
    const ids = JSON.stringify([...hidingFrom(1000).keys()]);
    expect(many.length - one.length).toBeLessThan(ids.length);
    const read = readUser('alice', JSON.parse(many));
    expect(read).toEqual(hiddenFrom(hidingFrom(1000)));
    expect(new Set(read.accessRules.hiddenFrom.values()).size).toBe(1);
  });

  it('shares the groups of a session with other sessions', () => {
    const [one, other] = ['ann', 'bob'].map((userId) => readUser(userId, JSON.parse(WITH_ACCESS)));
    expect(one!.sessions[0]!.groups).toBe(other!.sessions[0]!.groups);
  });

  it('exists for a user of whom only a revocation is known', () => {
    const revoked: User = {
      ...newUser('ann'),
      accessRules: { hiddenFrom: new Map(), tokensValidFrom: 5 },
    };
    expect(readUser('ann', JSON.parse(formatUser(revoked)))).toEqual(revoked);
  });

  it.each([
    ['groups that are no list', '["acme","acme/sales"]', '"acme"'],
    ['a group that is no text', '["acme","acme/sales"]', '["acme",7]'],
    ['join rights that are no text', '"digest"', '{}'],
    ['an issue time that is no number', '1764470000,', '"now",'],
    ['viewers that are no list', '["bob","carol"]', '"bob"'],
    ['a viewer that is no text', '["bob","carol"]', '["bob",{}]'],
    ['a hidden presence of an unknown status', '[["OFFLINE","",null', '[["GONE","",null'],
    ['an end of a hiding that is no time', 'null,120,', 'null,"later",'],
    ['a version of a hiding that is no number', '120,120000', '120,"x"'],
    ['an end of the time as ONLINE that is no time', '["dan"],420', '["dan"],"x"'],
    ['a revocation that is no time', '1764469000000', '"x"'],
    ['hidings that are no list', '[[["OFFLINE","",null,0,0,null,90,[],90000]', '{"0":[["OFFLINE"]'],
  ])('is unreadable with %s', (_, from, to) => {
    expect(WITH_ACCESS).toContain(from);
    const damaged = WITH_ACCESS.replace(from, to);
    expect(() => readUser('ann', parsed(damaged))).toThrow(UnreadableRecord);
    const groups = readUser('ann', JSON.parse(WITH_ACCESS)).sessions[0]!.groups;
    expect([...groups]).toEqual(['acme', 'acme/sales']);
  });
});

describe('The entry of a revocation in the log', () => {
  const { user: before } = given([1, connect('a', { attributes: new Map([['doc', 'plan']]) })]);
  const revocation = { type: 'disconnect', sessionId: 'a', cause: 'TOKEN_REVOKED' } as const;
  const made = step(before, revocation, 2, POLICY);
  const [record, rest] = encodeCommit(before, made);

  it('has the reason of the events and of the ends of sessions', () => {
    const [entry] = decodeMessage(`epoch|1|2|prev|token|[[${record},${rest}]]`)!.entries();
    expect(entry!.events).toEqual(made.events);
    expect(entry!.events.map(({ reason }) => reason)).toContain('TOKEN_REVOKED');
    expect(entry!.ended).toEqual([{ sessionId: 'a', cause: 'TOKEN_REVOKED' }]);
  });

  it('gives nodes of all versions before only the reasons that they know', () => {
    const [, , [, , first, , later], ended] = JSON.parse(`[${rest}]`) as [
      string,
      number,
      [number, null, [string, { kind: string }][], null, [string, { kind: string }][] | null],
      [string, string][],
    ];
    const read = (changes: [string, { kind: string }][]): unknown =>
      changes.map(([reason, { kind }]) => [kind, reason]);
    // A version without attributes reads the first list, and later ones the second if there is one.
    expect(read(first)).toEqual([['USER_OFFLINE', 'TOKEN_EXPIRED']]);
    expect(read(later ?? first)).toEqual([
      ['USER_ATTRIBUTES_CHANGED', 'TOKEN_EXPIRED'],
      ['USER_OFFLINE', 'TOKEN_EXPIRED'],
    ]);
    expect(ended.map(([sessionId, cause]) => [sessionId, cause])).toEqual([['a', 'TOKEN_EXPIRED']]);
  });
});

/** Text that is not JSON is unreadable, too. */
function parsed(record: string): unknown {
  try {
    return JSON.parse(record);
  } catch {
    throw new UnreadableRecord('not JSON');
  }
}
