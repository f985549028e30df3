import { describe, expect, it } from 'vitest';
import { choose, connect, disconnect, join, mute, given } from '../../test/support/play.js';
import type { Hiding } from '../domain/access-rules.js';
import { unknownPresence } from '../domain/presence.js';
import { unrestrictedViewer } from '../domain/viewer.js';
import { newUser, type User } from '../domain/user.js';
import { PresenceView } from './presence-view.js';
import { UserTable } from './user-table.js';

describe('The shown presence of a user', () => {
  // The duration of a lookup could reveal an invisible user. The test compares the steps of the lookup instead, because
  // a busy machine does not affect them.
  it('is found in the very same steps when the user is invisible and when it is gone', () => {
    const busy = given(
      [0, connect('a')],
      [1, choose('a', 'INVISIBLE')],
      [2, connect('b', { platform: 'mobile' })],
      [3, join('b', 'lobby')],
      [4, mute('a', { speaker: true })],
    ).user;
    const gone = given([0, connect('a')], [1, disconnect('a')]).user;
    const [steps, expected] = [stepsToFind(busy), stepsToFind(gone)];
    expect(steps).toEqual(['get alice', 'shown']);
    expect(steps).toEqual(expected);
  });
});

describe('The view of a table', () => {
  const viewer = unrestrictedViewer('bob');
  const hiddenFrom = new Map<string, Hiding>([
    ['bob', { presence: unknownPresence('alice'), endedAt: undefined, endedVersion: 0 }],
  ]);
  const hides: User['accessRules'] = { hiddenFrom, tokensValidFrom: undefined };

  function newTable(): { readonly table: UserTable; readonly view: PresenceView } {
    const view: PresenceView = new PresenceView(
      () => table,
      async () => {},
    );
    const table: UserTable = new UserTable(view);
    return { table, view };
  }

  /** Alice with sessions that have these groups. */
  function withGroups(...groups: readonly (readonly string[])[]): User {
    const user = given(...groups.map((_, i) => [i, connect(`${i}`)] as const)).user;
    return { ...user, sessions: user.sessions.map((each, i) => ({ ...each, groups: groups[i]! })) };
  }

  it('has a user in the groups of all sessions', () => {
    const { table, view } = newTable();
    const one = withGroups(['acme']);
    const two = withGroups(['acme'], ['acme', 'zoo']);
    const held = table.upsert(undefined, newUser('alice'), one, undefined);
    expect(idsIn(view, 'acme')).toEqual(['alice']);
    table.upsert(held, one, two, undefined);
    expect([idsIn(view, 'acme'), idsIn(view, 'zoo')]).toEqual([['alice'], ['alice']]);
    expect(view.countsInGroup('zoo').ONLINE).toBe(1);
    // The shown presence may be the same object, if only the groups differ.
    const onlyGroups = { ...two, sessions: one.sessions };
    table.upsert(held, two, onlyGroups, undefined);
    expect([idsIn(view, 'acme'), idsIn(view, 'zoo')]).toEqual([['alice'], []]);
    const gone = given([0, connect('a')], [1, disconnect('a')]).user;
    table.upsert(held, onlyGroups, gone, undefined);
    expect(idsIn(view, 'acme')).toEqual([]);
  });

  it('forgets with a user from whom the user hides', () => {
    const { table, view } = newTable();
    const gone = given([0, connect('a')], [1, disconnect('a')]).user;
    table.upsert(undefined, newUser('alice'), { ...gone, accessRules: hides }, undefined);
    expect(view.for(viewer).presence('alice')).toEqual(unknownPresence('alice'));
    expect(view.for(viewer)).not.toBe(view);
    table.evict('alice', { ...gone, accessRules: hides });
    expect(view.for(viewer)).not.toBe(view);
    table.evict('alice', undefined);
    expect(view.for(viewer)).toBe(view);
  });
});

function idsIn(view: PresenceView, groupId: string): readonly string[] {
  return [...view.inGroup(groupId)].map(({ userId }) => userId);
}

/** Every lookup, and every field of the user that is read before the presence is found. */
function stepsToFind(user: User): readonly string[] {
  const steps: string[] = [];
  const view: PresenceView = new PresenceView(
    () => table,
    async () => {},
  );
  const table: UserTable = new UserTable(view);
  const watched = new Proxy(user, {
    get(target, field, receiver): unknown {
      steps.push(String(field));
      return Reflect.get(target, field, receiver);
    },
  });
  table.upsert(undefined, newUser('alice'), watched, undefined);
  const { users } = table as unknown as { readonly users: Map<string, unknown> };
  const get = users.get.bind(users);
  users.get = (userId) => {
    steps.push(`get ${userId}`);
    return get(userId);
  };
  steps.length = 0;
  expect(view.presence('alice').status).toBe('OFFLINE');
  return steps;
}
