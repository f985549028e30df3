import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import type { RedisAddress } from '../../config/redis-url.js';
import { decodeLogEntry, type Batch, type Logged, type LogPosition } from './log-batch.js';
import { diagnose } from './diagnosis.js';
import type { PartitionKeys } from './keys.js';
import {
  allowMoreErrors,
  newClient,
  onceInAWhile,
  RECONNECT_AT_MOST_EVERY_MS,
  requirePrimary,
} from './ioredis-connection.js';
import { scripts, type Script } from './script.js';
import { tlsErrorOf } from './tls-verification.js';

/** How often it is asked whether messages come from the primary. In between a ping tells that they come at all. */
const CHECK_ROLE_EVERY_MS = 500;

/** Everything that the store asks of Redis, whether it is one server, a master with Sentinels or a cluster. */
export class RedisClient {
  /** Why connections are refused, where waiting does not help. */
  private refusal: unknown;
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
      // Of the nodes of a cluster only what somebody has to put right: others take over from one that is gone.
      one.on('node error', (error) => {
        if (diagnose(error) !== undefined) this.noteError(error);
      });
    }
  }

  /** Connects, now and whenever the connection is lost. `onError` is told what went wrong underneath. */
  static open(address: RedisAddress, onError: (error: unknown) => void): RedisClient {
    const commands = newClient(address);
    // In a cluster one object keeps connections of its own for messages, and follows the topology for both.
    const messages = commands instanceof Cluster ? commands : newClient(address);
    return new RedisClient(commands, messages, address, onError);
  }

  /** Resolves when all connections are answered on. Throws when that takes too long, and at once when waiting does not help. */
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
        const reason = this.refusal ?? error;
        if (diagnose(reason)?.mayPass === false || performance.now() > deadline) throw reason;
        await sleep(100);
      }
    }
  }

  /** Runs a script, by its name where Redis knows it. */
  async run(
    { source, sha }: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    try {
      return await this.client.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      // A server that was restarted or promoted has forgotten it.
      if (!String(error).includes('NOSCRIPT')) throw error;
      return await this.client.eval(source, keys.length, ...keys, ...args);
    }
  }

  /** Where the log of a partition ends. Undefined: there is no such partition, or nothing tells where it ends. */
  async head({ head }: PartitionKeys): Promise<LogPosition | undefined> {
    return placeOf(await this.client.hmget(head, 'epoch', 'seq', 'token'));
  }

  /** What a partition holds at one moment, in numbers. Undefined: there is no such partition. */
  async inspect(keys: PartitionKeys, node: string): Promise<Inspection | undefined> {
    const names = [keys.head, keys.nodes, keys.users, keys.log];
    const reply = (await this.run(scripts.inspect, names, [node])) as (string | number)[];
    const place = placeOf(reply.slice(0, 3) as string[]);
    const [users, isNodeKnown, batches] = reply.slice(3) as number[];
    return place && { place, users: users!, isNodeKnown: isNodeKnown === 1, batches: batches! };
  }

  /** The batches behind a place, the oldest first, at most `limit`. */
  async logged(
    { log }: PartitionKeys,
    after: LogPosition,
    limit: number,
  ): Promise<readonly Batch[]> {
    const entries = await this.client.xrange(log, `(${after.seq}`, '+', 'COUNT', limit);
    return entries.map(([id, fields]) => batchFrom(after.epoch, id, fields));
  }

  /** The last batches up to a place, the oldest first, at most `limit`. */
  async history(
    { log }: PartitionKeys,
    upTo: LogPosition,
    limit: number,
  ): Promise<readonly Batch[]> {
    const entries = await this.client.xrevrange(log, String(upTo.seq), '-', 'COUNT', limit);
    return entries.reverse().map(([id, fields]) => batchFrom(upTo.epoch, id, fields));
  }

  /** All users of a partition, in pieces. Who is changed meanwhile may be given before or after. */
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

  /** Moves the counter of a node on, and returns those of all. */
  async heartbeat(key: string, node: string): Promise<ReadonlyMap<string, string>> {
    const [, beats] = await Promise.all([
      this.client.hincrby(key, node, 1),
      this.client.hgetall(key),
    ]);
    return new Map(Object.entries(beats));
  }

  /** What a key holds. Undefined: there was nothing, and it is `value` from now on. */
  async getOrSet(key: string, value: string): Promise<string | undefined> {
    return (await this.client.set(key, value, 'NX', 'GET')) ?? undefined;
  }

  /** The types of keys, as Redis names them; `none` for one that is not there. */
  typesOf(keys: readonly string[]): Promise<readonly string[]> {
    return Promise.all(keys.map((key) => this.client.type(key)));
  }

  /** Writes a field of a hash, and returns all of it. */
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

  /** Hands out what is published on channels from now on. Resolves when none can be missed any more. */
  async subscribe(
    channels: readonly string[],
    onMessage: (channel: string, message: string) => void,
  ): Promise<void> {
    const { subscriber } = this;
    subscriber.on('smessage', onMessage);
    // One by one: in a cluster they lie in different slots.
    const listen = (): Promise<unknown> =>
      Promise.all(channels.map((channel) => subscriber.ssubscribe(channel)));
    await listen();
    // A cluster sees to that itself.
    if (subscriber instanceof Redis)
      subscriber.on('ready', () => void this.reconnectOnFailure(listen()));
  }

  /**
   * Finds out whether messages still come from the primary: a connection on which nothing is asked can be dead for long,
   * or stay with a server that has been demoted.
   */
  async pingSubscriber(): Promise<void> {
    const { subscriber } = this;
    // The connections of a cluster follow its topology, which is asked for all the time.
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

  /** What each server that takes writes says of itself, by section. */
  async info(section: string): Promise<readonly ReadonlyMap<string, string>[]> {
    const { client } = this;
    const servers = client instanceof Cluster ? client.nodes('master') : [client];
    const texts = await Promise.all(servers.map((server) => server.info(section)));
    return texts.map((text) => {
      const lines = text.split('\r\n').map((line) => line.split(':', 2) as [string, string]);
      return new Map(lines);
    });
  }

  private readonly noteError = (error: unknown): void => {
    if (diagnose(error)?.mayPass === false) this.refusal = error;
    this.onError(error);
  };

  close(): void {
    for (const one of [this.client, this.subscriber]) {
      if (one instanceof Redis) allowMoreErrors(one);
      one.disconnect();
    }
  }
}

/** What a partition holds. */
export interface Inspection {
  readonly place: LogPosition;
  readonly users: number;
  readonly isNodeKnown: boolean;
  /** In the log. */
  readonly batches: number;
}

function placeOf([epoch, seq, token]: readonly (string | null)[]): LogPosition | undefined {
  const isWhole = typeof epoch === 'string' && typeof token === 'string' && /^\d+$/.test(seq ?? '');
  return isWhole ? { epoch, seq: Number(seq), token } : undefined;
}

function batchFrom(epoch: string, id: string, fields: readonly string[]): Batch {
  return decodeLogEntry(epoch, id, Object.fromEntries(pairs(fields)) as unknown as Logged);
}

function* pairs(flat: readonly string[]): Generator<readonly [string, string]> {
  for (let i = 0; i < flat.length; i += 2) yield [flat[i]!, flat[i + 1]!];
}
