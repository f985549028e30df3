import { describe, expect, it, vi } from 'vitest';
import { PresenceError, type PresenceClient } from '#client';
import { AT_ONCE, runBulk } from './bulk-run.js';

function clientWith(methods: Partial<PresenceClient>): PresenceClient {
  return methods as unknown as PresenceClient;
}

const users = (count: number): string[] => Array.from({ length: count }, (_, i) => `user-${i}`);

describe('An action on several users', () => {
  it('calls the service for a few of them at a time', async () => {
    let running = 0;
    let most = 0;
    const revokeTokens = vi.fn(async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      return 0;
    });
    const progress: number[] = [];
    const result = await runBulk(clientWith({ revokeTokens }), { kind: 'revoke' }, users(30), {
      signal: new AbortController().signal,
      onProgress: (done) => progress.push(done),
    });
    expect(most).toBe(AT_ONCE);
    expect(new Set(result.succeeded)).toEqual(new Set(users(30)));
    expect(result.failures).toEqual([]);
    expect(progress).toEqual(users(30).map((_, i) => i + 1));
  });

  it('reports the users for whom it failed, and continues with the others', async () => {
    const moveUser = vi.fn((userId: string) =>
      userId === 'user-1'
        ? Promise.reject(new PresenceError('not-found', 'the user is not in the channel'))
        : Promise.resolve({} as never),
    );
    const action = { kind: 'move', fromChannelId: 'lobby', toChannelId: 'stage' } as const;
    const result = await runBulk(clientWith({ moveUser }), action, users(3), {
      signal: new AbortController().signal,
      onProgress: () => {},
    });
    expect(result.succeeded).toEqual(['user-0', 'user-2']);
    expect(result.failures).toEqual([
      {
        userId: 'user-1',
        complaint: 'The service returned an error: the user is not in the channel.',
      },
    ]);
  });

  it('ends before the next user when it is stopped', async () => {
    const stop = new AbortController();
    const muteUser = vi.fn(() => {
      stop.abort();
      return Promise.resolve({} as never);
    });
    const result = await runBulk(clientWith({ muteUser }), { kind: 'mute' }, users(30), {
      signal: stop.signal,
      onProgress: () => {},
    });
    expect(result.succeeded.length).toBeLessThanOrEqual(AT_ONCE);
    expect(muteUser).toHaveBeenCalledWith('user-0', { microphone: true });
  });
});
