import { randomBytes } from 'node:crypto';
import { newUser, type User } from '../../src/domain/user.js';
import type { Step } from '../../src/domain/step.js';
import { Keys, partitionOf } from '../../src/store/redis/keys.js';
import { encodeCommit } from '../../src/store/redis/log-batch.js';
import { readUser } from '../../src/store/redis/user-record.codec.js';
import { rendezvous } from '../../src/store/redis/rendezvous.js';
import { scripts } from '../../src/store/redis/script.js';
import { formatUser } from '../../src/store/redis/user-record.codec.js';
import { NO_ACCESS_RULES } from '../../src/domain/access-rules.js';
import type { RedisServer } from './redis-server.js';

/**
 * A node of the version before groups, revocations and hiding: it writes records and log entries without the fields of
 * later versions.
 */
export class OlderNode {
  private readonly keys: Keys;
  private name = randomBytes(6).toString('base64url');
  private number = 0;

  constructor(
    private readonly server: RedisServer,
    keyPrefix: string,
  ) {
    this.keys = new Keys(keyPrefix);
  }

  /** Makes this node the rendezvous owner of the partition of a user, before other nodes know it. */
  becomeOwner(userId: string, others: readonly string[]): void {
    while (rendezvous([...others, this.name], partitionOf(userId)) !== this.name)
      this.name = randomBytes(6).toString('base64url');
  }

  /** Renews the lease, as a node does several times per second. */
  async heartbeat(): Promise<void> {
    await this.server.with((redis) => redis.hincrby(this.keys.beats, this.name, 1));
  }

  /** Commits a change of one user. All users must be in the same partition. */
  async update(userId: string, change: (user: User) => Step): Promise<void> {
    const { head, nodes, users, log, channel } = this.keys.partitions[partitionOf(userId)]!;
    await this.server.with(async (redis) => {
      const register = scripts.register.source;
      await redis.eval(register, 3, head, nodes, log, this.name, 'epoch', 'token');
      const { seq, token } = await redis.hgetall(head);
      const stored = (await redis.hget(users, userId)) ?? '';
      const [revision] = stored.split('|', 1) as [string];
      const record = stored.slice(revision.length + 1);
      const before =
        record === '' ? newUser(userId) : asOlder(readUser(userId, JSON.parse(record)));
      const made = change(before);
      const [, rest] = encodeCommit(before, made);
      const [, version, events, ended] = JSON.parse(`[${rest}]`) as unknown[];
      const entry = JSON.stringify([userId, version, events, ended]).slice(1, -1);
      const written = formatUser(asOlder(made.user));
      // More users than Redis has, so that the script compares the revisions.
      const most = Number.MAX_SAFE_INTEGER;
      const entries = `[[${written || 'null'},${entry}]]`;
      const batch = [most, `${revision}|`, entries, '', userId, written && `?|${written}`];
      const position = [++this.number, seq!, token!, randomBytes(6).toString('base64url')];
      const commit = scripts.commit.source;
      const keys = [head, nodes, users, log];
      const args = [this.name, ...position, Date.now(), channel, ...batch];
      const reply = (await redis.eval(commit, 4, ...keys, ...args)) as string[];
      if (reply[0] !== 'OK' || reply[6] !== '1') throw new Error(`not committed: ${reply.join()}`);
    });
  }
}

/** The user without what that version does not know. */
function asOlder(user: User): User {
  const { status, microphone, speaker, channel, moderation } = user.choiceVersions;
  return {
    ...user,
    sessions: user.sessions.map((each) => ({
      ...each,
      ...{ groups: [], tokenIssuedAt: undefined, joinRights: undefined },
    })),
    choiceVersions: { status, microphone, speaker, channel, moderation },
    accessRules: NO_ACCESS_RULES,
  };
}
