import { describe, expect, it } from 'vitest';
import { ConnectionLimiter } from './connection-limiter.js';

describe('Admission', () => {
  it('rejects one connection above the limit until another closes', () => {
    const admission = new ConnectionLimiter({ max: 2, maxPerAddress: 0 });
    expect(admission.enter('a')).toBeUndefined();
    expect(admission.enter('b')).toBeUndefined();
    expect(admission.enter('c')).toBe('max_connections');
    admission.leave('a');
    expect(admission.enter('c')).toBeUndefined();
    expect(admission.size).toBe(2);
  });

  it('rejects connections of a network above its limit, and no others', () => {
    const admission = new ConnectionLimiter({ max: 0, maxPerAddress: 2 });
    expect(admission.enter('a')).toBeUndefined();
    expect(admission.enter('a')).toBeUndefined();
    expect(admission.enter('a')).toBe('max_connections_per_address');
    expect(admission.enter('b')).toBeUndefined();
    admission.leave('a');
    expect(admission.enter('a')).toBeUndefined();
  });

  it('counts those without a network only in all', () => {
    const admission = new ConnectionLimiter({ max: 3, maxPerAddress: 1 });
    for (let i = 0; i < 3; i++) expect(admission.enter(undefined)).toBeUndefined();
    expect(admission.enter(undefined)).toBe('max_connections');
    admission.leave(undefined);
    expect(admission.enter(undefined)).toBeUndefined();
  });
});
