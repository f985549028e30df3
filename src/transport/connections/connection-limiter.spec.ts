import { describe, expect, it } from 'vitest';
import { ConnectionLimiter } from './connection-limiter.js';

describe('Admission', () => {
  it('rejects one connection above the limit until another closes', () => {
    const admission = new ConnectionLimiter({ max: 2, maxPerAddress: 0 });
    expect(admission.acquire('a')).toBeUndefined();
    expect(admission.acquire('b')).toBeUndefined();
    expect(admission.acquire('c')).toBe('max_connections');
    admission.release('a');
    expect(admission.acquire('c')).toBeUndefined();
    expect(admission.size).toBe(2);
  });

  it('rejects connections of a network above its limit, and no others', () => {
    const admission = new ConnectionLimiter({ max: 0, maxPerAddress: 2 });
    expect(admission.acquire('a')).toBeUndefined();
    expect(admission.acquire('a')).toBeUndefined();
    expect(admission.acquire('a')).toBe('max_connections_per_address');
    expect(admission.acquire('b')).toBeUndefined();
    admission.release('a');
    expect(admission.acquire('a')).toBeUndefined();
  });

  it('counts those without a network only in all', () => {
    const admission = new ConnectionLimiter({ max: 3, maxPerAddress: 1 });
    for (let i = 0; i < 3; i++) expect(admission.acquire(undefined)).toBeUndefined();
    expect(admission.acquire(undefined)).toBe('max_connections');
    admission.release(undefined);
    expect(admission.acquire(undefined)).toBeUndefined();
  });
});
