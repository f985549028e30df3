import { describe, expect, it } from 'vitest';
import { unknownPresence, type Presence } from '../domain/presence.js';
import { partsOf } from './snapshot.js';

const users = (count: number, attributes: Presence['attributes']): readonly Presence[] =>
  Array.from({ length: count }, (_, i) => ({ ...unknownPresence(`user-${i}`), attributes }));

describe('The messages of a snapshot', () => {
  it('have 500 small presences each', () => {
    const parts = [...partsOf(users(1200, new Map()))];
    expect(parts.map((part) => part.length)).toEqual([500, 500, 200]);
  });

  it('have fewer presences if attributes are large, and together have all of them in order', () => {
    const large = users(10_000, new Map([['doc', 'x'.repeat(4093)]]));
    const parts = [...partsOf(large)];
    expect(parts.flat()).toEqual(large);
    expect(Math.max(...parts.map((part) => part.length))).toBe(32);
  });

  it('have one presence that is larger than a message should be', () => {
    const huge = users(2, new Map([['doc', 'x'.repeat(200_000)]]));
    expect([...partsOf(huge)]).toEqual([[huge[0]], [huge[1]]]);
  });

  it('are none for an empty snapshot', () => {
    expect([...partsOf([])]).toEqual([]);
  });
});
