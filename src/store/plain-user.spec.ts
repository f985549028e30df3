import { describe, expect, it } from 'vitest';
import { connect, disconnect, given, join, mute } from '../../test/support/play.js';
import { NO_CHOICES } from '../domain/choice-versions.js';
import type { Presence } from '../domain/presence.js';
import type { Session, User } from '../domain/user.js';
import { PlainUser } from './plain-user.js';

const plain = given(
  [0, connect('a')],
  [1, join('a', 'lobby')],
  [2, mute('a', { speaker: true })],
).user;

/** A value that differs from any that a plain user has there. */
const OTHER = new Map([['other', 'value']]);

/** The users that differ from a plain one in one field of the user, of its session or of its presence. */
function variants(): readonly (readonly [field: string, user: User])[] {
  const session = plain.sessions[0]!;
  const withSession = (changed: Session): User => ({ ...plain, sessions: [changed] });
  const withPresence = (own: Presence): User => ({ ...plain, own, shown: own });
  return [
    ...keysOf(plain).map((key) => [key, { ...plain, [key]: OTHER }] as const),
    ...keysOf(session).map(
      (key) => [`session.${key}`, withSession({ ...session, [key]: OTHER })] as const,
    ),
    ...keysOf(plain.own).map(
      (key) => [`own.${key}`, withPresence({ ...plain.own, [key]: OTHER })] as const,
    ),
  ];
}

function keysOf(object: object): readonly string[] {
  return Object.keys(object);
}

/** Returns a user as a table returns it after it has stored it. */
function readBack(user: User, held?: User | PlainUser): User {
  const stored = PlainUser.storedAs(user, held);
  return stored instanceof PlainUser ? stored.user : stored;
}

describe('A stored user', () => {
  it('is plain with one session in one channel', () => {
    expect(PlainUser.storedAs(plain)).toBeInstanceOf(PlainUser);
  });

  it('is read as it was stored', () => {
    const read = readBack(plain);
    expect(read).toStrictEqual(plain);
    expect(read.shown).toBe(read.own);
  });

  it('is plain without a channel', () => {
    const user = given([0, connect('a')]).user;
    expect(PlainUser.storedAs(user)).toBeInstanceOf(PlainUser);
    expect(readBack(user)).toStrictEqual(user);
  });

  it('keeps the versions of all commands', () => {
    for (const commands of [
      [[1, join('a', 'lobby')]],
      [[1, mute('a', { microphone: true })]],
      [],
    ] as const) {
      const user = given([0, connect('a')], ...commands).user;
      expect(readBack(user)).toStrictEqual(user);
      expect(readBack(user).choiceVersions === NO_CHOICES).toBe(commands.length === 0);
    }
  });

  it.each(variants())('keeps any value of %s', (_, user) => {
    expect(readBack(user)).toStrictEqual(user);
  });

  it('is updated in place while it is plain', () => {
    const held = PlainUser.storedAs(plain);
    const later = given([0, connect('b')], [5, join('b', 'hall')]).user;
    expect(PlainUser.storedAs(later, held)).toBe(held);
    expect(readBack(later, held)).toStrictEqual(later);
  });

  it('has changed if any fact differs', () => {
    const held = PlainUser.storedAs(plain) as PlainUser;
    expect(held.represents({ ...plain })).toBe(true);
    for (const [field, user] of variants()) expect(held.represents(user), field).toBe(false);
    expect(held.represents(given([0, connect('a')], [1, disconnect('a')]).user)).toBe(false);
  });
});
