import { describe, expect, it } from 'vitest';
import { redisUrl } from './redis-url.js';

const read = (text: string): unknown => redisUrl.read(text);

describe('redisUrl', () => {
  it('takes the URL of a server', () => {
    expect(read('redis://redis.example')).toEqual({
      topology: 'standalone',
      hosts: [{ host: 'redis.example', port: 6379 }],
      isTls: false,
    });
  });

  it('takes user and password, whatever is in them, TLS and IPv6', () => {
    expect(read('rediss://presence:p%40ss%2F@[::1]:7000/0')).toEqual({
      topology: 'standalone',
      hosts: [{ host: '::1', port: 7000 }],
      username: 'presence',
      password: 'p@ss/',
      isTls: true,
    });
    expect(read('redis://:secret@redis')).toMatchObject({ password: 'secret' });
  });

  it('accepts several URLs for a cluster if their options are equal', () => {
    expect(read('redis://:s@a:7000,redis://:s@b:7001')).toMatchObject({
      topology: 'cluster',
      hosts: [
        { host: 'a', port: 7000 },
        { host: 'b', port: 7001 },
      ],
      password: 's',
    });
    expect(read('redis://:s@a,redis://:t@b')).toBeUndefined();
    expect(read('redis://a,rediss://b')).toBeUndefined();
  });

  it('takes Sentinels and the name of their master', () => {
    expect(read('rediss-sentinel://user:s@a,b:27000#primary')).toEqual({
      topology: 'sentinel',
      hosts: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 27_000 },
      ],
      masterName: 'primary',
      username: 'user',
      password: 's',
      isTls: true,
    });
  });

  it('rejects everything else', () => {
    for (const text of [
      'redis',
      'http://redis',
      'redis://',
      'redis://a/1',
      'redis://a?db=1',
      'redis://a,',
      'redis://a, redis://b',
      'redis-sentinel://a',
      'redis-sentinel://a,#primary',
      'redis://a:99999',
    ]) {
      expect(read(text), text).toBeUndefined();
    }
  });

  it('does not repeat a rejected value, which may have a password', () => {
    expect(redisUrl.isSecret?.('redis://:secret@a/1')).toBe(true);
  });
});
