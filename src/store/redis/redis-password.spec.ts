import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { captureLines } from '../../../test/support/captured-log.js';
import { eventually } from '../../../test/support/eventually.js';
import { RedisCluster } from '../../../test/support/redis-cluster.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { ConfigError } from '../../config/config-error.js';
import { redisUrl } from '../../config/redis-url.js';
import { RedisClient } from './redis-client.js';
import { RedisPassword } from './redis-password.js';

let folder: string;
let path: string;
let warnings: readonly string[];
const started: { stop: () => Promise<void> }[] = [];

beforeEach(async () => {
  ({ warnings } = captureLines());
  folder = await mkdtemp(join(tmpdir(), 'presence-password-'));
  path = join(folder, 'password');
  await writeFile(path, 'old\n');
});

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(started.splice(0).map((one) => one.stop()));
  await rm(folder, { recursive: true });
});

async function start<T extends { stop: () => Promise<void> }>(starting: Promise<T>): Promise<T> {
  const one = await starting;
  started.push(one);
  return one;
}

describe('a file with the password of Redis', () => {
  it.each([
    ['old\n', 'old'],
    ['old\r\n\r\n', 'old'],
    ['two words ', 'two words '],
    ['\uFEFFold', 'old'],
  ])('%j holds the password %j', async (text, password) => {
    await writeFile(path, text);
    expect((await RedisPassword.open(path)).current).toBe(password);
  });

  it.each([
    ['', 'which is empty'],
    ['\n', 'which is empty'],
    ['old\nnew', 'which must hold one line of text'],
  ])('%j is rejected at the start', async (text, reason) => {
    await writeFile(path, text);
    const attempt = RedisPassword.open(path);
    await expect(attempt).rejects.toThrow(ConfigError);
    await expect(attempt).rejects.toThrow(`REDIS_PASSWORD_FILE names ${path}, ${reason}.`);
  });

  it('keeps the last password while it is missing or empty, and warns without showing it', async () => {
    const password = await RedisPassword.open(path);
    const onChange = vi.fn();
    password.onChange(onChange);
    await writeFile(path, '');
    for (let i = 0; i < 3; i++) await password.reload();
    await rm(path);
    for (let i = 0; i < 3; i++) await password.reload();
    expect(password.current).toBe('old');
    expect(onChange).not.toHaveBeenCalled();
    const otherwise = 'New connections to Redis use the previous password.';
    expect(warnings).toEqual([
      `REDIS_PASSWORD_FILE names ${path}, which is empty. ${otherwise}`,
      `REDIS_PASSWORD_FILE names ${path}, which cannot be read (ENOENT). ${otherwise}`,
    ]);
  });
});

describe('connections to a Redis whose password changes', () => {
  it('go on, and reconnect with the new one', async () => {
    const redis = await start(RedisServer.start());
    await rotate(redis.url, [redis.port]);
  });

  it('go on, and reconnect with the new one, also if Redis knows one password at a time', async () => {
    const redis = await start(RedisServer.start());
    await rotate(redis.url, [redis.port], ['CONFIG', 'SET', 'requirepass', 'new']);
  });

  it('go on, and reconnect with the new one, through a Sentinel', async () => {
    const redis = await start(RedisServer.start());
    const sentinel = await start(RedisServer.sentinelOf(redis, 'primary', 1));
    await rotate(`redis-sentinel://127.0.0.1:${sentinel.port}#primary`, [redis.port]);
  });

  it('go on, and reconnect with the new one, in a cluster', async () => {
    const { url } = await start(RedisCluster.start());
    await rotate(
      url,
      redisUrl.read(url)!.hosts.map(({ port }) => port),
    );
  });

  /** `add` is the command that makes Redis accept the new password. */
  async function rotate(
    url: string,
    ports: readonly number[],
    add: [string, ...string[]] = ['ACL', 'SETUSER', 'default', '>new'],
  ): Promise<void> {
    const operators = ports.map((port) => new Redis(port, '127.0.0.1'));
    const onAll = (...command: [string, ...string[]]): Promise<unknown> =>
      Promise.all(operators.map((operator) => operator.call(...command)));
    await onAll('CONFIG', 'SET', 'requirepass', 'old');
    const errors: unknown[] = [];
    const password = await RedisPassword.open(path);
    const client = RedisClient.open(redisUrl.read(url)!, (error) => errors.push(error), password);
    await client.ready(10_000);
    const received = new Set<string>();
    await client.subscribe(['channel'], (_, message) => received.add(message));
    const beat = async (): Promise<boolean> => {
      // A cluster can redirect the increment, and then the read beside it comes first.
      await client.heartbeat('beats', 'node');
      return (await client.heartbeat('beats', 'node')).size === 1;
    };

    await onAll(...add);
    expect(await beat()).toBe(true);
    await writeFile(path, 'new');
    await password.reload();
    expect(await beat()).toBe(true);
    await onAll('ACL', 'SETUSER', 'default', 'resetpass', '>new');
    expect(await beat()).toBe(true);
    expect(errors).toEqual([]);

    for (const type of ['normal', 'pubsub']) {
      await onAll('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
    }
    await eventually(beat, true);
    await eventually(async () => {
      await Promise.all(operators.map((one) => one.spublish('channel', 'hello').catch(() => 0)));
      return received.has('hello');
    }, true);
    expect(errors.map(String).join()).not.toMatch(/WRONGPASS|NOAUTH/);
    client.close();
    for (const operator of operators) operator.disconnect();
  }
});
