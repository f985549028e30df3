import { beforeEach, describe, expect, it } from 'vitest';
import { RedisHealth } from './redis-health.js';

describe('Reachability', () => {
  let lines: string[];
  let redis: RedisHealth;
  beforeEach(() => {
    lines = [];
    const note = (line: string): unknown => lines.push(line);
    redis = new RedisHealth({ warn: note, log: note });
  });

  it('logs once that Redis is unreachable and once that it is reachable again', () => {
    redis.failed(new Error('connect ECONNREFUSED'));
    redis.failed(new Error('connect ETIMEDOUT'));
    expect(redis.failures).toBe(2);
    for (let i = 0; i < 2; i++) {
      redis.wrote();
      redis.read();
    }
    expect(lines).toEqual([
      'Redis is unreachable: connect ECONNREFUSED',
      'Redis is reachable again.',
    ]);
  });

  it('has the latest reason, and none while all is well', () => {
    expect(redis.problem).toBeUndefined();
    for (const reason of ['a', 'b', 'a']) redis.failed(new Error(reason));
    expect(redis.problem).toBe('a');
    redis.wrote();
    redis.read();
    expect([redis.problem, redis.problems]).toEqual([undefined, '']);
  });

  it('reports the underlying reason instead of a timeout', () => {
    redis.failed(new Error('self-signed certificate'));
    for (let i = 0; i < 10; i++) redis.failed('connect ETIMEDOUT');
    expect(redis.problems).toMatch(/self-signed certificate.*; connect ETIMEDOUT$/);
  });

  it('logs a reason that an operator must fix once more, and reports it as the problem', () => {
    redis.failed(new Error('Connection is closed.'));
    for (let i = 0; i < 2; i++) {
      redis.failed(new Error('WRONGPASS invalid username-password pair or user is disabled.'));
      redis.failed(new Error("Stream isn't writeable and enableOfflineQueue options is false"));
    }
    const sentence =
      'Redis rejects the user name or the password in REDIS_URL or REDIS_PASSWORD_FILE (WRONGPASS)';
    expect(redis.problem).toBe(sentence);
    expect(lines).toEqual([
      'Redis is unreachable: Connection is closed.',
      `Redis is unreachable: ${sentence}`,
    ]);
  });

  it('is not back while it can only be read', () => {
    redis.failed(new Error("READONLY You can't write against a read only replica."));
    redis.read();
    expect(redis.problem).toMatch(/is a replica/);
    redis.wrote();
    redis.read();
    expect(redis.problem).toBeUndefined();
  });

  it('remembers the three latest of many reasons', () => {
    for (const reason of ['a', 'b', 'c', 'a', 'd']) redis.failed(new Error(reason));
    expect(redis.problems).toBe('c; a; d');
  });
});
