import { describe, expect, it } from 'vitest';
import {
  choose,
  connect,
  continueWith,
  disconnect,
  given,
  POLICY,
  setAttributes,
  time,
} from '../../test/support/play.js';
import { isAttributeKey } from './attributes.js';
import type { User } from './user.js';

const attributes = (user: User): Record<string, string> =>
  Object.fromEntries(user.shown.attributes);

const twoTabs = given(
  [0, connect('a')],
  [0, connect('b')],
  [1, setAttributes('a', { doc: '1', color: 'red' })],
);

describe('Attributes', () => {
  it('of all sessions are merged, and of one key the value that was set last counts', () => {
    const { user, events, eventLines } = continueWith(twoTabs.user, [
      [2, setAttributes('b', { doc: '2', typing: '' })],
    ]);
    expect(attributes(user)).toEqual({ color: 'red', doc: '2', typing: '' });
    expect(eventLines).toEqual(['2 USER_ATTRIBUTES_CHANGED REQUESTED']);
    expect(events[0]?.change).toEqual({
      kind: 'USER_ATTRIBUTES_CHANGED',
      keys: ['doc', 'typing'],
    });
  });

  it('end with their session, and the value of another session counts again', () => {
    const { user, eventLines } = continueWith(twoTabs.user, [
      [2, setAttributes('b', { doc: '2' })],
      [3, disconnect('b')],
    ]);
    expect(attributes(user)).toEqual({ color: 'red', doc: '1' });
    expect(eventLines.at(-1)).toBe('3 USER_ATTRIBUTES_CHANGED DISCONNECTED');
    expect(attributes(continueWith(user, [[4, disconnect('a')]]).user)).toEqual({});
  });

  it('that change nothing cause no event', () => {
    const { eventLines } = continueWith(twoTabs.user, [
      [2, setAttributes('a', { doc: '1' })],
      [3, setAttributes('b', { doc: '1' })],
      [4, setAttributes('b', {}, { remove: ['unknown'] })],
    ]);
    expect(eventLines).toEqual([]);
  });

  it('are removed by key, only those of the session', () => {
    const { user } = continueWith(twoTabs.user, [
      [2, setAttributes('b', {}, { remove: ['color'] })],
      [3, setAttributes('a', {}, { remove: ['doc'] })],
    ]);
    expect(attributes(user)).toEqual({ color: 'red' });
  });

  it('expire by themselves, and setting one again renews it without an event', () => {
    const { user, eventLines, wakeAt } = continueWith(twoTabs.user, [
      [2, setAttributes('a', { typing: '1' }, { expiresAt: 10 })],
      [9, setAttributes('a', { typing: '1' }, { expiresAt: 17 })],
      [10, time],
    ]);
    expect(eventLines).toEqual(['2 USER_ATTRIBUTES_CHANGED REQUESTED']);
    expect(wakeAt).toBe(17);
    const expired = continueWith(user, [[17, time]]);
    expect(expired.eventLines).toEqual(['17 USER_ATTRIBUTES_CHANGED ATTRIBUTE_EXPIRED']);
    expect(expired.events[0]?.change).toMatchObject({ keys: ['typing'] });
    expect(attributes(expired.user)).toEqual({ color: 'red', doc: '1' });
  });

  it('count as activity unless they are passive', () => {
    const { user } = continueWith(twoTabs.user, [
      [500, setAttributes('a', { doc: '3' }, { isPassive: true })],
    ]);
    expect(user.own.lastActiveAt).toBe(1);
    const active = continueWith(twoTabs.user, [[500, setAttributes('a', { doc: '3' })]]);
    expect(active.user.own.lastActiveAt).toBe(500);
  });

  it('can be given when a session starts', () => {
    const { user, eventLines } = given([0, connect('a', { attributes: new Map([['doc', '1']]) })]);
    expect(attributes(user)).toEqual({ doc: '1' });
    expect(eventLines).toEqual(['0 USER_ONLINE CONNECTED', '0 USER_ATTRIBUTES_CHANGED CONNECTED']);
  });

  it('stay during the grace of a lost session, and end when its successor starts', () => {
    const policy = { ...POLICY, reconnectGraceMs: 50 };
    const { user } = continueWith(
      given().user,
      [
        [0, connect('a')],
        [1, setAttributes('a', { doc: '1' })],
        [2, disconnect('a', 'CONNECTION_LOST')],
      ],
      policy,
    );
    expect(attributes(user)).toEqual({ doc: '1' });
    const back = continueWith(user, [[3, connect('b', { previousSessionId: 'a' })]], policy);
    expect(attributes(back.user)).toEqual({});
    expect(attributes(continueWith(user, [[52, time]], policy).user)).toEqual({});
  });

  it('of an invisible user are not shown', () => {
    const { user } = continueWith(twoTabs.user, [[2, choose('a', 'INVISIBLE')]]);
    expect(attributes(user)).toEqual({});
    expect(user.own.attributes.get('doc')).toBe('1');
    expect(continueWith(user, [[3, setAttributes('a', { doc: '9' })]]).eventLines).toEqual([]);
  });

  it('treat a key such as __proto__ like any other key', () => {
    const { user } = continueWith(twoTabs.user, [
      [
        2,
        setAttributes(
          'a',
          JSON.parse('{"__proto__": "x", "constructor": "y"}') as Record<string, string>,
        ),
      ],
    ]);
    expect([...user.shown.attributes.keys()]).toEqual(['__proto__', 'color', 'constructor', 'doc']);
  });

  it.each(['a', 'a.b-c_D9', '__proto__', 'x'.repeat(64)])('may have the key %s', (key) => {
    expect(isAttributeKey(key)).toBe(true);
  });

  it.each(['', 'ä', 'a b', 'x'.repeat(65), 'a\n', 'a/b'])('may not have the key %j', (key) => {
    expect(isAttributeKey(key)).toBe(false);
  });
});

describe('The limits of attributes', () => {
  it('hold over all sessions', () => {
    const keys = (prefix: string, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${i}`, 'x']));
    const { user } = continueWith(twoTabs.user, [[2, setAttributes('b', keys('k', 30))]]);
    expect(user.shown.attributes.size).toBe(32);
    expect(() => continueWith(user, [[3, setAttributes('a', { one: 'more' })]])).toThrow('32');
    expect(
      continueWith(user, [[3, setAttributes('a', { doc: 'longer' })]]).eventLines,
    ).toHaveLength(1);
  });

  it('count the bytes of keys and values, of each key its longest value', () => {
    const big = { v1: 'x'.repeat(1022), v2: 'x'.repeat(1022), v3: 'x'.repeat(1022) };
    const { user } = given([0, connect('a')], [0, connect('b')], [1, setAttributes('a', big)]);
    // The visible value would be short, but the long one counts again when the session ends.
    const short = continueWith(user, [[2, setAttributes('b', { v1: '' })]]).user;
    expect(() => continueWith(short, [[3, setAttributes('b', { v4: 'x'.repeat(1024) })]])).toThrow(
      '4096 bytes',
    );
    const fits = continueWith(short, [[3, setAttributes('b', { v4: 'x'.repeat(1022) })]]);
    expect(fits.user.shown.attributes.size).toBe(4);
  });

  it('hold for the attributes at the start of a session, which is then rejected', () => {
    const many = new Map(Array.from({ length: 33 }, (_, i) => [`k${i}`, '']));
    expect(() => given([0, connect('a', { attributes: many })])).toThrow('32');
  });
});
