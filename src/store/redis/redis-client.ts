import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import type { RedisAddress } from '../../config/redis-url.js';
import { decodeLogEntry, type Batch, type Logged, type LogPosition } from './log-batch.js';
import { diagnose } from './diagnosis.js';
import type { PartitionKeys } from './keys.js';
import {
  allowMoreErrors,
  joinWrites,
  newClient,
  onceInAWhile,
  RECONNECT_AT_MOST_EVERY_MS,
  requirePrimary,
} from './ioredis-connection.js';
import type { RedisPassword } from './redis-password.js';
import { scripts, type Script } from './script.js';
import { tlsErrorOf } from './tls-verification.js';

/**
 * Milliseconds between two checks that the subscriber is connected to the primary. Between them, a PING only checks
 * that the connection works.
 */
const CHECK_ROLE_EVERY_MS = 500;

/** All Redis commands of the store, for a single server, a master with Sentinels, or a cluster. */
export class RedisClient {
  /** The error of a rejected connection, if waiting cannot help. */
  private rejection: unknown;
  private readonly isTimeToReconnect = onceInAWhile(RECONNECT_AT_MOST_EVERY_MS);
  private readonly isTimeToCheckRole = onceInAWhile(CHECK_ROLE_EVERY_MS);

  private constructor(
    private readonly client: Redis | Cluster,
    private readonly subscriber: Redis | Cluster,
    private readonly address: RedisAddress,
    private readonly onError: (error: unknown) => void,
  ) {
    for (const one of new Set([client, subscriber])) {
      one.on('error', this.noteError);
      // Reports only cluster node errors that an operator must fix, because other nodes take over from a failed one.
      one.on('node error', (error) => {
        if (diagnose(error) !== undefined) this.noteError(error);
      });
    }
  }

  /**
   * Connects, and reconnects after every loss. `onError` receives the errors of the connections. `password` replaces the
   * one in the address.
   */
  static open(
    address: RedisAddress,
    onError: (error: unknown) => void,
    password?: RedisPassword,
  ): RedisClient {
    const commands = newClient(address, password);
    // A cluster client has its own connections for pub/sub, and follows the topology for both.
    const messages = commands instanceof Cluster ? commands : newClient(address, password);
    return new RedisClient(commands, messages, address, onError);
  }

  /** Resolves when all connections respond. Throws after the timeout, or immediately if waiting cannot help. */
  async ready(withinMs: number): Promise<void> {
    const { address } = this;
    const deadline = performance.now() + withinMs;
    if (address.isTls && address.topology !== 'standalone') {
      void tlsErrorOf(address).then((error) => error && this.noteError(error));
    }
    for (;;) {
      try {
        await Promise.all([this.client.ping(), this.subscriber.ping()]);
        if (this.client instanceof Redis) await requirePrimary(this.client);
        return;
      } catch (error) {
        const reason = this.rejection ?? error;
        if (diagnose(reason)?.mayPass === false || performance.now() > deadline) throw reason;
        await sleep(100);
      }
    }
  }

  /** Runs a script by its digest, or by its source if Redis does not know it. */
  async run(
    { source, sha }: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    joinWrites(this.client);
    try {
      return await this.client.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      // A server that was restarted or promoted does not have the script.
      if (!String(error).includes('NOSCRIPT')) throw error;
      return await this.client.eval(source, keys.length, ...keys, ...args);
    }
  }

  /** The end of the log of a partition. Undefined: the head is missing or incomplete. */
  async head({ head }: PartitionKeys): Promise<LogPosition | undefined> {
    return positionOf(await this.client.hmget(head, 'epoch', 'seq', 'token'));
  }

  /** Reads the counts of a partition atomically. Undefined: the head is missing or incomplete. */
  async inspect(keys: PartitionKeys, node: string): Promise<Inspection | undefined> {
    const names = [keys.head, keys.nodes, keys.users, keys.log];
    const reply = (await this.run(scripts.inspect, names, [node])) as (string | number)[];
    const position = positionOf(reply.slice(0, 3) as string[]);
    const [users, isNodeKnown, batches] = reply.slice(3) as number[];
    return (
      position && { position, users: users!, isNodeKnown: isNodeKnown === 1, batches: batches! }
    );
  }

  /** At most `limit` batches after a position, the oldest first. */
  async logged(
    { log }: PartitionKeys,
    after: LogPosition,
    limit: number,
  ): Promise<readonly Batch[]> {
    const entries = await this.client.xrange(log, `(${after.seq}`, '+', 'COUNT', limit);
    return entries.map(([id, fields]) => batchFrom(after.epoch, id, fields));
  }

  /** The last batches up to a position, at most `limit`, the newest first, each with its size in bytes. */
  async loggedBefore(
    { log }: PartitionKeys,
    upTo: LogPosition,
    limit: number,
  ): Promise<readonly (readonly [Batch, size: number])[]> {
    const entries = await this.client.xrevrange(log, String(upTo.seq), '-', 'COUNT', limit);
    return entries.map(([id, fields]) => [
      batchFrom(upTo.epoch, id, fields),
      fields.reduce((size, field) => size + field.length, 0),
    ]);
  }

  /**
   * Reads the batches from an offset on, oldest first, the one that holds the offset included. They end with the batch that
   * reaches the number of commits or bytes. `seq` undefined: from the last loss of commits on. Undefined: the head is missing or
   * incomplete.
   */
  async logFrom(
    { head, log }: PartitionKeys,
    seq: number | undefined,
    size: { readonly commits: number; readonly bytes: number },
  ): Promise<LogPart | undefined> {
    const args = [seq ?? '', size.commits, size.bytes];
    const [epoch, last, token, since, ...entries] = (await this.run(
      scripts.history,
      [head, log],
      args,
    )) as [string, string, string, string, ...(readonly [id: string, fields: readonly string[]])[]];
    const end = positionOf([epoch, last, token]);
    const batches = entries.map(([id, fields]) => batchFrom(epoch, id, fields));
    return end && { head: end, since: Number(since), batches };
  }

  /** Scans all users of a partition. A user who changes during the scan can be returned in the old or the new state. */
  async *users({
    users,
  }: PartitionKeys): AsyncGenerator<readonly [userId: string, stored: string]> {
    let cursor = '0';
    do {
      const [next, fields] = await this.client.hscan(users, cursor, 'COUNT', 500);
      yield* pairs(fields);
      cursor = next;
    } while (cursor !== '0');
  }

  /** Increments the counter of a node, and returns the counters of all nodes. */
  async heartbeat(key: string, node: string): Promise<ReadonlyMap<string, string>> {
    const [, beats] = await Promise.all([
      this.client.hincrby(key, node, 1),
      this.client.hgetall(key),
    ]);
    return new Map(Object.entries(beats));
  }

  /** The value of a key. Undefined: the key did not exist, and was set to `value`. */
  async getOrSet(key: string, value: string): Promise<string | undefined> {
    return (await this.client.set(key, value, 'NX', 'GET')) ?? undefined;
  }

  /** The Redis types of keys; `none` for a missing key. */
  typesOf(keys: readonly string[]): Promise<readonly string[]> {
    return Promise.all(keys.map((key) => this.client.type(key)));
  }

  /** Writes a field of a hash, and returns the complete hash. */
  async writeField(
    key: string,
    field: string,
    value: string,
  ): Promise<ReadonlyMap<string, string>> {
    const [, fields] = await Promise.all([
      this.client.hset(key, field, value),
      this.client.hgetall(key),
    ]);
    return new Map(Object.entries(fields));
  }

  async removeField(key: string, field: string): Promise<void> {
    await this.client.hdel(key, field);
  }

  /** Receives pub/sub messages from now on. Resolves when the subscription is active on all channels. */
  async subscribe(
    channels: readonly string[],
    onMessage: (channel: string, message: string) => void,
  ): Promise<void> {
    const { subscriber } = this;
    subscriber.on('smessage', onMessage);
    // One command for each channel, because in a cluster the channels are in different slots.
    const listen = (): Promise<unknown> =>
      Promise.all(channels.map((channel) => subscriber.ssubscribe(channel)));
    await listen();
    // A cluster client resubscribes by itself.
    if (subscriber instanceof Redis)
      subscriber.on('ready', () => void this.reconnectOnFailure(listen()));
  }

  /**
   * Checks that pub/sub messages still come from the primary. A connection without commands can be dead for a long
   * time, or stay connected to a server that was demoted.
   */
  async pingSubscriber(): Promise<void> {
    const { subscriber } = this;
    // Cluster connections follow the topology, which ioredis refreshes all the time.
    if (subscriber instanceof Cluster || subscriber.status !== 'ready') return;
    await this.reconnectOnFailure(
      this.isTimeToCheckRole() ? requirePrimary(subscriber) : subscriber.ping(),
    );
  }

  private async reconnectOnFailure(work: Promise<unknown>): Promise<void> {
    await work.catch((error: unknown) => {
      const { subscriber } = this;
      if (diagnose(error) !== undefined) this.onError(error);
      const isReady = subscriber instanceof Redis && subscriber.status === 'ready';
      if (isReady && this.isTimeToReconnect()) subscriber.disconnect(true);
    });
  }

  /** The connections to the servers that accept writes. */
  get primaries(): readonly Redis[] {
    return this.client instanceof Cluster ? this.client.nodes('master') : [this.client];
  }

  /** The INFO section of each server that accepts writes. */
  async info(section: string): Promise<readonly ReadonlyMap<string, string>[]> {
    const texts = await Promise.all(this.primaries.map((server) => server.info(section)));
    return texts.map((text) => {
      const lines = text.split('\r\n').map((line) => line.split(':', 2) as [string, string]);
      return new Map(lines);
    });
  }

  private readonly noteError = (error: unknown): void => {
    if (diagnose(error)?.mayPass === false) this.rejection = error;
    this.onError(error);
  };

  close(): void {
    for (const one of [this.client, this.subscriber]) {
      if (one instanceof Redis) allowMoreErrors(one);
      one.disconnect();
    }
  }
}

/** Batches of a log that follow one another. */
export interface LogPart {
  /** The end of the log. */
  readonly head: LogPosition;
  /** The number of the mark of the last loss of commits. Zero: none since the log was started. */
  readonly since: number;
  readonly batches: readonly Batch[];
}

/** The counts of a partition at one position. */
export interface Inspection {
  readonly position: LogPosition;
  readonly users: number;
  readonly isNodeKnown: boolean;
  /** The number of batches in the log. */
  readonly batches: number;
}

function positionOf([epoch, seq, token]: readonly (string | null)[]): LogPosition | undefined {
  const isWhole = typeof epoch === 'string' && typeof token === 'string' && /^\d+$/.test(seq ?? '');
  return isWhole ? { epoch, seq: Number(seq), token } : undefined;
}

function batchFrom(epoch: string, id: string, fields: readonly string[]): Batch {
  return decodeLogEntry(epoch, id, Object.fromEntries(pairs(fields)) as unknown as Logged);
}

function* pairs(flat: readonly string[]): Generator<readonly [string, string]> {
  for (let i = 0; i < flat.length; i += 2) yield [flat[i]!, flat[i + 1]!];
}
