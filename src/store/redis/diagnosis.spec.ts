import { describe, expect, it } from 'vitest';
import { wantsNewConnection } from './diagnosis.js';

describe('An error of Redis', () => {
  it.each([
    "READONLY You can't write against a read only replica.",
    // Errors of scripts, in Redis 7 and in earlier versions.
    "READONLY You can't write against a read only replica. script: 93bfd8a1, on @user_script:36.",
    "ERR Error running script (call to f_93bf): @user_script:36: @user_script: 36: -READONLY You can't write against a read only replica.",
    'LOADING Redis is loading the dataset in memory',
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    'CLUSTERDOWN The cluster is down',
  ])('asks for a new connection: %s', (message) => {
    expect(wantsNewConnection(new Error(message))).toBe(true);
  });

  it.each([
    'OOM command not allowed when used memory > maxmemory',
    'WRONGPASS invalid username-password pair or user is disabled.',
    'NOSCRIPT No matching script. Please use EVAL.',
    'WRONGTYPE Operation against a key holding the wrong kind of value',
    'TRYAGAIN Multiple keys request during rehashing of slot',
  ])('leaves the connection as it is: %s', (message) => {
    expect(wantsNewConnection(new Error(message))).toBe(false);
  });
});
