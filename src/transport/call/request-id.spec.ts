import { Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { responseHeaders, requestIdFrom, requestIdOf } from './request-id.js';

function named(...names: readonly string[]): Metadata {
  const metadata = new Metadata();
  for (const name of names) metadata.add('x-request-id', name);
  return metadata;
}

describe('The id of a request', () => {
  it.each(['a', 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6', 'edge:1.2_3', 'x'.repeat(64)])(
    'is that of the caller (%s), and is returned',
    (id) => {
      expect(requestIdOf(named(id))).toBe(id);
      expect(responseHeaders(named(id)).getMap()).toEqual({ 'x-request-id': id });
    },
  );

  it.each([
    ['nothing', []],
    ['an empty one', ['']],
    ['one that is too long, as a token is', ['x'.repeat(65)]],
    ['one that would look like more than one word of a log', ['a b']],
    ['one with quotes', ['a"b']],
    ['two', ['a', 'b']],
  ])('is generated if the caller sends %s, and then stays the same', (_, names) => {
    const metadata = named(...names);
    expect(requestIdFrom(metadata)).toBeUndefined();
    const id = requestIdOf(metadata);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(requestIdOf(metadata)).toBe(id);
    expect(responseHeaders(metadata).getMap()).toEqual({ 'x-request-id': id });
  });

  it('is not in the response to a call without a request id', () => {
    expect(responseHeaders(named()).getMap()).toEqual({});
  });
});
