import { describe, expect, it } from 'vitest';
import { ConnectionLimiter } from './connection-limiter.js';

describe('Admission', () => {
  it('keeps out who is one too many, until another leaves', () => {
    const admission = new ConnectionLimiter({ max: 2, maxPerAddress: 0 });
    expect(admission.enter('a')).toBeUndefined();
    expect(admission.enter('b')).toBeUndefined();
    expect(admission.enter('c')).toBe('max_connections');
    admission.leave('a');
    expect(admission.enter('c')).toBeUndefined();
    expect(admission.size).toBe(2);
  });

  it('keeps out whose network has too many, and nobody else', () => {
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
