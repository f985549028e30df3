import { describe, expect, it } from 'vitest';
import { choose, connect, disconnect, join, mute, given } from '../../test/support/play.js';
import type { User } from '../domain/user.js';
import { PresenceView } from './presence-view.js';
import { UserTable } from './user-table.js';

describe('What others are shown of a user', () => {
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

/** Every lookup, and every field of the user that is read before the presence is found. */
function stepsToFind(user: User): readonly string[] {
  const steps: string[] = [];
  const view: PresenceView = new PresenceView(
    (userId) => table.shownOf(userId),
    async () => {},
  );
  const table: UserTable = new UserTable(view);
  const watched = new Proxy(user, {
    get(target, field, receiver): unknown {
      steps.push(String(field));
      return Reflect.get(target, field, receiver);
    },
  });
  table.upsert(undefined, watched, undefined);
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
