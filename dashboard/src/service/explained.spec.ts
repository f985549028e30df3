import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPresenceClient } from '#client';
import { createRouterTransport } from '@connectrpc/connect';
import { ExplainedUser, type Explained } from './explained.js';

describe('The explanation of a user', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('of an id that no user can have fails, and the token stays valid', async () => {
    const calls = vi.fn();
    const client = createPresenceClient({
      transport: createRouterTransport(() => {}, { transport: { interceptors: [calls] } }),
      token: () => Promise.resolve('unused'),
    });
    const seen: Explained[] = [];
    const onRejected = vi.fn();
    const groups = vi.fn();
    const id = 'x'.repeat(129);
    const user = new ExplainedUser(client, { groups }, id, (one) => seen.push(one), onRejected);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen).toEqual([{ kind: 'failed', complaint: 'No user can have this id.' }]);
    expect(onRejected).not.toHaveBeenCalled();
    expect(groups).not.toHaveBeenCalled();
    expect(calls).not.toHaveBeenCalled();
    user.close();
    client.close();
  });
});
