import { config as rxjs } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Input } from '../../src/domain/input.js';
import { unknownPresence } from '../../src/domain/presence.js';
import { RejectedError } from '../../src/domain/rejected-error.js';
import { step, type Step } from '../../src/domain/step.js';
import { newUser } from '../../src/domain/user.js';
import type { Commit, PresenceStore } from '../../src/store/presence-store.js';
import { eventually } from '../support/eventually.js';
import { silentStep } from '../support/silent-step.js';
import { choose, connect, disconnect, join, mute, POLICY } from '../support/play.js';
import { presenceStoreDeadlines } from './presence-store-deadlines.contract.js';

/** A store of a test, and a function that disposes of it. */
export interface TestStore {
  readonly store: PresenceStore;
  readonly close?: () => Promise<void>;
}

const NEWER_TOKEN = { groups: [], issuedAt: 6, mayJoin: undefined };

/** The tests that every store must pass, whatever storage it uses. */
export function presenceStoreContract(
  name: string,
  createStore: () => TestStore | Promise<TestStore>,
): void {
  describe(`${name} as a PresenceStore`, () => {
    let store: PresenceStore;
    let close: TestStore['close'];
    beforeEach(async () => void ({ store, close } = await createStore()));
    afterEach(async () => close?.());

    const perform = (userId: string, input: Input, now: number): Promise<Step> =>
      store.update(userId, (user) => step(user, input, now, POLICY));

    describe('a user', () => {
      it('is OFFLINE if it is unknown', async () => {
        await store.view.awaitCurrent();
        expect(await store.get({ userId: 'alice' })).toEqual(newUser('alice'));
        expect(store.view.presence('alice')).toEqual(unknownPresence('alice'));
      });

      it('is found as the last commit left it', async () => {
        const { user } = await perform('alice', connect('a'), 1);
        expect(await store.get({ userId: 'alice' })).toEqual(user);
        expect(await store.get({ userId: 'bob' })).toEqual(newUser('bob'));
      });

      it('has revoked tokens from the commit on that revokes them to the one that forgets it', async () => {
        const known: (number | undefined)[] = [];
        store.commits.subscribe(() => known.push(store.view.tokensValidFrom.get('alice')));
        await perform('alice', { type: 'revokeTokens', issuedBefore: 5000 }, 1);
        await perform('alice', connect('a', { token: NEWER_TOKEN }), 2);
        await perform('alice', disconnect('a'), 3);
        await perform('alice', { type: 'forgetRevocation', issuedBefore: 5000 }, 4);
        expect(known).toEqual([5000, 5000, 5000, undefined]);
        expect(store.view.tokensValidFrom.size).toBe(0);
      });

      it('loses nothing to updates that race', async () => {
        await perform('alice', connect('a'), 1);
        await Promise.all([
          perform('alice', connect('b', { platform: 'mobile' }), 2),
          perform('alice', join('a', 'lobby'), 2),
          perform('alice', mute('a', { microphone: true }), 2),
          perform('alice', mute('a', { speaker: true }), 2),
          perform('bob', connect('c'), 2),
        ]);
        expect((await store.get({ userId: 'alice' })).own).toMatchObject({
          platforms: ['desktop', 'mobile'],
          channelId: 'lobby',
          isMicrophoneMuted: true,
          isSpeakerMuted: true,
        });
      });

      it('is changed by each racing update from where the one before left it', async () => {
        await perform('alice', connect('a'), 1);
        const channels = ['one', 'two', 'three', 'four', 'five'];
        const steps = await Promise.all(
          channels.map((channelId) => perform('alice', join('a', channelId), 2)),
        );
        const moves = steps.map(({ events: [event] }) => event!);
        const versions = moves.map(({ presence }) => presence.version);
        expect(new Set(versions).size).toBe(channels.length);
        const inOrder = moves.toSorted((a, b) => a.presence.version - b.presence.version);
        expect(inOrder.map(({ previousChannelId }) => previousChannelId)).toEqual([
          undefined,
          ...inOrder.slice(0, -1).map(({ presence }) => presence.channelId),
        ]);
      });
    });

    describe('a rejected command', () => {
      it('commits nothing and publishes nothing', async () => {
        const { user } = await perform('alice', connect('a'), 1);
        const commits: Commit[] = [];
        store.commits.subscribe((next) => commits.push(next));
        await expect(perform('alice', join('x', 'lobby'), 2)).rejects.toThrow(RejectedError);
        await expect(perform('bob', join('x', 'lobby'), 2)).rejects.toThrow(RejectedError);
        expect(commits).toEqual([]);
        expect(await store.get({ userId: 'alice' })).toEqual(user);
        expect(await store.get({ userId: 'bob' })).toEqual(newUser('bob'));
        expect(store.view.countMembers('lobby')).toBe(0);
      });

      it('does not stand in the way of the next one', async () => {
        await expect(perform('alice', join('x', 'lobby'), 1)).rejects.toThrow(RejectedError);
        await perform('alice', connect('a'), 2);
        expect((await store.get({ userId: 'alice' })).own.status).toBe('ONLINE');
      });
    });

    describe('a commit', () => {
      it('is in the view when it is published, and is published before it is acknowledged', async () => {
        const seen: unknown[] = [];
        store.commits.subscribe(({ events }) => {
          const { status, channelId } = store.view.presence('alice');
          seen.push([events.map(({ change }) => change.kind), status, channelId]);
        });
        await perform('alice', connect('a'), 1);
        expect(seen).toHaveLength(1);
        await perform('alice', join('a', 'lobby'), 2);
        await perform('alice', disconnect('a'), 3);
        expect(seen).toEqual([
          [['USER_ONLINE'], 'ONLINE', undefined],
          [['USER_CHANNEL_CHANGED'], 'ONLINE', 'lobby'],
          [['USER_CHANNEL_CHANGED', 'USER_OFFLINE'], 'OFFLINE', undefined],
        ]);
      });

      it('names the state before it, when it was made and why', async () => {
        const commits: Commit[] = [];
        store.commits.subscribe((commit) => commits.push(commit));
        const { user: online } = await perform('alice', connect('a'), 1);
        const { user: away } = await perform('alice', choose('a', 'AWAY'), 2);
        const { user: gone } = await perform('alice', disconnect('a', 'TOKEN_EXPIRED'), 3);
        expect(commits).toMatchObject([
          { before: newUser('alice'), user: online, occurredAt: 1, cause: 'CONNECTED' },
          { before: online, user: away, occurredAt: 2, cause: 'REQUESTED' },
          { before: away, user: gone, occurredAt: 3, cause: 'TOKEN_EXPIRED' },
        ]);
      });

      it('that changes only who may see the user has no event, and a position of its own', async () => {
        const { user: online } = await perform('alice', connect('a'), 1);
        const commits: Commit[] = [];
        store.commits.subscribe((commit) => commits.push(commit));
        const hiding = { presence: online.shown, endedAt: undefined, endedVersion: 0 };
        const accessRules = {
          hiddenFrom: new Map([['bob', hiding]]),
          tokensValidFrom: undefined,
        };
        const [session] = online.sessions;
        const sessions = [{ ...session!, groups: ['acme'] }];
        for (const [at, changed] of [{ accessRules }, { sessions }].entries())
          await store.update('alice', (user) => silentStep(user, changed, at + 2));
        await perform('alice', join('a', 'lobby'), 4);
        expect(commits).toMatchObject([
          { before: online, user: { accessRules }, occurredAt: 2, cause: 'REQUESTED', events: [] },
          { user: { accessRules, sessions }, occurredAt: 3, cause: 'REQUESTED', events: [] },
          { occurredAt: 4 },
        ]);
        const [first] = commits;
        const offsets = commits.map(({ position }) => position.seq - first!.position.seq);
        expect(offsets).toEqual([0, 1, 2]);
      });

      it('is emitted to every subscriber, in the order of commits', async () => {
        const heard: string[] = [];
        for (const name of ['first', 'second']) {
          store.commits.subscribe(({ user }) => heard.push(`${name} ${user.userId}`));
        }
        await perform('alice', connect('a'), 1);
        await perform('bob', connect('b'), 1);
        expect(heard).toEqual(['first alice', 'second alice', 'first bob', 'second bob']);
      });

      it('reaches the other subscribers and is acknowledged, although one of them throws', async () => {
        const reported = vi.fn();
        rxjs.onUnhandledError = reported;
        const heard: string[] = [];
        const fault = new Error('a fault of this subscriber');
        store.commits.subscribe(() => {
          throw fault;
        });
        store.commits.subscribe(({ user }) => heard.push(user.userId));
        await perform('alice', connect('a'), 1);
        await perform('bob', connect('b'), 1);
        expect(heard).toEqual(['alice', 'bob']);
        expect(store.view.presence('bob').status).toBe('ONLINE');
        await eventually(() => reported.mock.calls, [[fault], [fault]]);
        rxjs.onUnhandledError = null;
      });

      it('names the sessions that ended', async () => {
        const ended: unknown[] = [];
        store.commits.subscribe((next) => ended.push(...next.ended));
        await perform('alice', connect('a'), 1);
        await perform('alice', disconnect('a', 'SESSION_ENDED'), 2);
        expect(ended).toEqual([{ sessionId: 'a', cause: 'SESSION_ENDED' }]);
      });

      it('is not emitted to a subscriber that has unsubscribed', async () => {
        let count = 0;
        const subscription = store.commits.subscribe(() => count++);
        await perform('alice', connect('a'), 1);
        subscription.unsubscribe();
        await perform('alice', disconnect('a'), 2);
        expect(count).toBe(1);
      });

      it('shows others the shown presence only', async () => {
        await perform('alice', connect('a'), 1);
        await perform('alice', choose('a', 'INVISIBLE'), 2);
        await perform('alice', join('a', 'lobby'), 3);
        expect(store.view.presence('alice').status).toBe('OFFLINE');
        expect(store.view.countMembers('lobby')).toBe(0);
        expect((await store.get({ userId: 'alice' })).own.channelId).toBe('lobby');
      });
    });

    describe('the view', () => {
      it('has every change that was acknowledged before', async () => {
        await Promise.all(
          ['carol', 'alice', 'bob'].map((userId) => perform(userId, connect(userId), 1)),
        );
        await store.view.awaitCurrent();
        const listed = [...store.view.listed(['ONLINE'])].map(({ userId }) => userId);
        expect(listed).toEqual(['alice', 'bob', 'carol']);
      });
    });

    describe('the owner', () => {
      it('of a session is known while it is live', async () => {
        expect((await store.get({ sessionId: 'a' }))?.userId).toBeUndefined();
        await perform('alice', connect('a'), 1);
        await perform('alice', connect('b'), 1);
        await perform('bob', connect('c'), 1);
        await perform('alice', disconnect('a'), 2);
        const owners = await Promise.all(
          ['a', 'b', 'c'].map((sessionId) => store.get({ sessionId })),
        );
        expect(owners.map((owner) => owner?.userId)).toEqual([undefined, 'alice', 'bob']);
      });

      it('of a session whose connection is lost is unknown, also within the grace', async () => {
        const graceful = { ...POLICY, reconnectGraceMs: 50 };
        const lost = disconnect('a', 'CONNECTION_LOST');
        await store.update('alice', (user) => step(user, connect('a'), 1, graceful));
        await store.update('alice', (user) => step(user, lost, 2, graceful));
        expect((await store.get({ sessionId: 'a' }))?.userId).toBeUndefined();
        expect((await store.get({ userId: 'alice' })).sessions).toHaveLength(1);
      });
    });

    presenceStoreDeadlines(() => store);
  });
}
