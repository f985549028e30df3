import { expect, it } from 'vitest';
import { connect, given, join, POLICY } from '../../../test/support/play.js';
import type { User } from '../../domain/user.js';
import { PresenceView } from '../presence-view.js';
import type { Batch, LogPosition } from './log-batch.js';
import { PartitionReplica } from './partition-replica.js';

const position = (seq: number): LogPosition => ({ epoch: 'e', seq, token: `t${seq}` });

function batch(seq: number, user: User): Batch {
  const commit = { user, events: [], ended: [], previousVersion: 0 };
  return { before: position(seq), after: position(seq + 1), entries: () => [commit] };
}

it('A replica keeps its newer state of a user when a node writes an older one back, and writes it back itself', () => {
  const older = given([1000, connect('a')]).user;
  const newer = given([1000, connect('a')], [2000, join('a', 'lobby')]).user;
  const shown: string[] = [];
  const view: PresenceView = new PresenceView(
    () => replica.table.get(older.userId)!.user.shown,
    async () => {},
  );
  const replica: PartitionReplica = new PartitionReplica({
    ...{ view, policy: POLICY, node: () => 'n2', now: () => 3000 },
    onStep: ({ user }) => shown.push(user.shown.channelId ?? '-'),
    onRestart: () => {},
  });
  replica.load({ users: new Map(), unreadable: new Map() }, position(0), []);
  replica.apply(batch(0, older), false);
  replica.apply(batch(1, newer), false);

  replica.apply(batch(2, older), false);

  expect(shown).toEqual(['-', 'lobby', 'lobby']);
  expect(replica.table.get(older.userId)!.user.channelId).toBe('lobby');
  expect([...replica.dirtyUsers.keys()]).toEqual([older.userId]);
});
