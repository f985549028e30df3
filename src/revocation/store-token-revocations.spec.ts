import { EventWorld } from '../../test/support/events.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { POLICY } from '../../test/support/play.js';
import { principalOf } from '../../test/support/principal.js';
import type { RevocableStream } from '../auth/token-revocations.js';
import type { Input } from '../domain/input.js';
import type { RejectedError } from '../domain/rejected-error.js';
import { step } from '../domain/step.js';
import { MemoryPresenceStore } from '../store/memory/memory-presence-store.js';
import { StoreTokenRevocations } from './store-token-revocations.js';

class Stream implements RevocableStream {
  reason: string | undefined;

  end({ reason }: RejectedError): void {
    this.reason = reason;
  }
}

describe('The revoked tokens', () => {
  let store: MemoryPresenceStore;
  let revocations: StoreTokenRevocations;
  beforeEach(() => {
    store = new MemoryPresenceStore({ maxOfflineUsers: 1 });
    revocations = new StoreTokenRevocations(store);
  });
  afterEach(() => revocations.onApplicationShutdown());

  async function happen(userId: string, input: Input): Promise<void> {
    await store.update(userId, (user) => step(user, input, 1, POLICY));
  }

  function revoke(userId: string, issuedBefore: number): Promise<void> {
    return happen(userId, { type: 'revokeTokens', issuedBefore });
  }

  it('are those of the user that were issued before the moment', async () => {
    await revoke('ann', 5000);
    expect(() => revocations.assertValid(principalOf('ann', { issuedAt: 4 }))).toThrow(/revoked/);
    expect(() => revocations.assertValid(principalOf('ann'))).toThrow(/revoked/);
    expect(() => revocations.assertValid(principalOf('ann', { issuedAt: 5 }))).not.toThrow();
    expect(() => revocations.assertValid(principalOf('bob'))).not.toThrow();
  });

  it('end their streams in the moment of the commit, each once, and no others', async () => {
    const [old, newer, other] = [new Stream(), new Stream(), new Stream()];
    revocations.watch(principalOf('ann', { issuedAt: 4 }), old);
    revocations.watch(principalOf('ann', { issuedAt: 5 }), newer);
    revocations.watch(principalOf('bob'), other);
    const revoked = revoke('ann', 5000);
    expect([old, newer, other].map(({ reason }) => reason)).toEqual([
      'TOKEN_REVOKED',
      undefined,
      undefined,
    ]);
    await revoked;
  });

  it('cannot begin a stream', async () => {
    await revoke('ann', 5000);
    const caller = principalOf('ann', { issuedAt: 4 });
    expect(() => revocations.watch(caller, new Stream())).toThrow(/revoked/);
  });

  it('do not end a stream that is forgotten, also if another one of the user has begun since', async () => {
    const [first, second] = [new Stream(), new Stream()];
    const caller = principalOf('ann');
    const forgetFirst = revocations.watch(caller, first);
    forgetFirst();
    revocations.watch(caller, second);
    forgetFirst();
    await revoke('ann', 1);
    expect([first.reason, second.reason]).toEqual([undefined, 'TOKEN_REVOKED']);
  });

  it('stay revoked when the store evicts the user, until they are forgotten', async () => {
    for (const userId of ['ann', 'bob', 'cid', 'dan']) {
      const connect = { type: 'setStatus', choice: 'AWAY', statusText: '' } as const;
      await happen(userId, { ...connect, sessionId: undefined, expiresAt: undefined });
      await revoke(userId, 5000);
    }
    for (const userId of ['eve', 'fay']) await revoke(userId, 5000);
    for (const userId of ['ann', 'bob', 'cid', 'dan', 'eve', 'fay']) {
      expect(() => revocations.assertValid(principalOf(userId))).toThrow(/revoked/);
      await happen(userId, { type: 'forgetRevocation', issuedBefore: 5000 });
      expect(() => revocations.assertValid(principalOf(userId))).not.toThrow();
    }
    expect(store.view.tokensValidFrom.size).toBe(0);
    // The evicted ones are not kept for their versions either.
    expect(store.status.metrics().users).toBeLessThanOrEqual(2);
  });
});

describe('A subscription whose token is revoked', () => {
  const revoke = { type: 'revokeTokens', issuedBefore: 1 } as const;

  it('ends with the commit, before it receives another event', async () => {
    const world = new EventWorld();
    const reader = await world.subscribe();
    await world.happen('reader', revoke);
    expect(reader.rejection?.reason).toBe('TOKEN_REVOKED');
    expect(world.fanOut.size).toBe(0);
  });

  it('ends also if its call passed the guard before the commit and it has not begun yet', async () => {
    const world = new EventWorld();
    const opening = world.subscribe();
    const revoked = world.happen('reader', revoke);
    const [reader] = await Promise.all([opening, revoked]);
    expect(reader.rejection?.reason).toBe('TOKEN_REVOKED');
    expect([reader.messages.length, world.fanOut.size]).toEqual([0, 0]);
  });

  it('is refused if the commit came before the subscription and after the guard', async () => {
    const world = new EventWorld();
    await world.happen('reader', revoke);
    const reader = await world.subscribe();
    expect(reader.rejection?.reason).toBe('TOKEN_REVOKED');
    expect(world.fanOut.size).toBe(0);
  });
});
