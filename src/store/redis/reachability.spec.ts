import { beforeEach, describe, expect, it } from 'vitest';
import { Reachability } from './reachability.js';

describe('Reachability', () => {
  let lines: string[];
  let redis: Reachability;
  beforeEach(() => {
    lines = [];
    const note = (line: string): unknown => lines.push(line);
    redis = new Reachability({ warn: note, log: note });
  });

  it('says once that Redis is out of reach, however often and why, and once that it is back', () => {
    redis.failed(new Error('connect ECONNREFUSED'));
    redis.failed(new Error('connect ETIMEDOUT'));
    expect(redis.failures).toBe(2);
    redis.worked();
    redis.worked();
    expect(lines).toEqual(['Redis is out of reach: connect ECONNREFUSED', 'Redis is back.']);
  });

  it('has the latest reason, and none while all is well', () => {
    expect(redis.problem).toBeUndefined();
    for (const reason of ['a', 'b', 'a']) redis.failed(new Error(reason));
    expect(redis.problem).toBe('a');
    redis.worked();
    expect([redis.problem, redis.problems]).toEqual([undefined, '']);
  });

  it('does not let a time-out hide the reason that explains it', () => {
    redis.failed(new Error('self-signed certificate'));
    for (let i = 0; i < 10; i++) redis.failed('connect ETIMEDOUT');
    expect(redis.problems).toBe('self-signed certificate; connect ETIMEDOUT');
  });

  it('remembers the three latest of many reasons', () => {
    for (const reason of ['a', 'b', 'c', 'a', 'd']) redis.failed(new Error(reason));
    expect(redis.problems).toBe('c; a; d');
  });
});
