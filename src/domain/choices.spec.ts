import { describe, expect, it } from 'vitest';
import fc, { runs } from '../../test/support/seeded-fast-check.js';
import {
  choose,
  connect,
  disconnect,
  continueWith,
  join,
  leave,
  mute,
  given,
} from '../../test/support/play.js';
import { rememberedBy, returning } from '../../test/support/remembered-choices.js';
import { membershipsOf } from './memberships.js';
import { NO_CHOICES } from './choice-versions.js';
import type { RememberedChoices } from './choices.js';

describe('A command', () => {
  it('gets a version that grows also if nothing changes or the clock steps back', () => {
    const { user: first } = given([0, connect('a')], [5, choose('a', 'AWAY')]);
    expect(first.choiceVersions).toEqual({ ...NO_CHOICES, status: 5000 });
    const { user: again } = continueWith(first, [[5, choose('a', 'AWAY')]]);
    expect(again.choiceVersions.status).toBe(5001);
    const { user: back } = continueWith(again, [[2, choose('a', 'AWAY')]]);
    expect(back.choiceVersions.status).toBe(5002);
    expect(back.own.version).toBe(first.own.version);
  });

  it('does not change the versions of other kinds, and other inputs change none', () => {
    const { user } = given(
      [0, connect('a')],
      [1, mute('a', { microphone: true })],
      [2, join('a', 'lobby')],
      [3, disconnect('a')],
      [4, connect('b')],
    );
    expect(user.choiceVersions).toEqual({ ...NO_CHOICES, microphone: 1000, channel: 2000 });
  });

  it('also comes from a mute state in Connect', () => {
    const { user } = given([7, connect('a', { isSpeakerMuted: false })]);
    expect(user.choiceVersions).toEqual({ ...NO_CHOICES, speaker: 7000 });
  });
});

describe('A client that returns to a service that lost its data', () => {
  const { user: before } = given(
    [1, connect('a')],
    [2, mute('a', { microphone: true, speaker: true })],
    [3, join('a', 'lobby')],
    [4, choose('a', 'DO_NOT_DISTURB', { text: 'focus', until: 5000 })],
  );

  it('restores all choices, in the commit that begins its session', () => {
    const { user, eventLines, wakeAt } = given([
      100,
      returning('b', 'a', rememberedBy(before, 'a')),
    ]);
    expect(user.own).toMatchObject({
      status: 'DO_NOT_DISTURB',
      statusText: 'focus',
      channelId: 'lobby',
      isMicrophoneMuted: true,
      isSpeakerMuted: true,
    });
    expect(user.choiceVersions).toEqual(before.choiceVersions);
    expect(eventLines).toEqual([
      '100 USER_ONLINE CONNECTED',
      '100 USER_CHANNEL_CHANGED CONNECTED',
      '100 USER_MUTE_STATE_CHANGED CONNECTED',
    ]);
    expect(wakeAt).toBe(5000);
  });

  it('restores INVISIBLE without becoming visible', () => {
    const { user: hidden } = continueWith(before, [[5, choose('a', 'INVISIBLE')]]);
    const { user, eventLines } = given([100, returning('b', 'a', rememberedBy(hidden, 'a'))]);
    expect(eventLines).toEqual([]);
    expect(user.shown).toMatchObject({ status: 'OFFLINE', version: 0 });
    expect(user.own).toMatchObject({ status: 'ONLINE', channelId: 'lobby' });
  });

  it('restores a status that expired meanwhile as AUTOMATIC, which still replaces earlier choices', () => {
    const { user: earlier } = given([1, connect('c')], [3, choose('c', 'AWAY')]);
    const { user } = given(
      [6000, returning('b', 'a', rememberedBy(before, 'a'))],
      [6001, returning('d', 'c', rememberedBy(earlier, 'c'))],
    );
    expect(user.own).toMatchObject({ status: 'ONLINE', statusText: '' });
    expect(user.choiceVersions.status).toBe(before.choiceVersions.status);
  });

  it('ends with the newest choices that the clients remember, in any order of the clients', () => {
    const { user: later } = continueWith(before, [
      [10, connect('p')],
      [11, leave('p')],
      [12, mute('p', { microphone: false })],
      [13, choose('p', 'INVISIBLE')],
    ]);
    const old = returning('b', 'a', rememberedBy(before, 'a'));
    const fresh = returning('q', 'p', rememberedBy(later, 'p'));
    for (const order of [
      [old, fresh],
      [fresh, old],
    ] as const) {
      const { user } = given([100, order[0]], [101, order[1]]);
      expect(user.shown.status).toBe('OFFLINE');
      expect(user.own).toMatchObject({
        channelId: undefined,
        isMicrophoneMuted: false,
        isSpeakerMuted: true,
      });
      expect(user.choiceVersions).toEqual(later.choiceVersions);
    }
  });

  it('does not join the channel of another device, and that device can join it again', () => {
    const { user } = continueWith(before, [[10, connect('p')]]);
    const phone = rememberedBy(user, 'p');
    const { user: alone } = given([100, returning('q', 'p', phone)]);
    expect(alone.own).toMatchObject({ channelId: undefined, isMicrophoneMuted: true });
    const { user: both } = continueWith(alone, [
      [101, returning('b', 'a', rememberedBy(user, 'a'))],
    ]);
    expect(membershipsOf(both)).toMatchObject([{ channelId: 'lobby', sessionId: 'b' }]);
  });

  it('announces a disconnect when it makes a visible user INVISIBLE', () => {
    const { user: hidden } = continueWith(before, [[5, choose('a', 'INVISIBLE')]]);
    const { eventLines } = given(
      [100, connect('x')],
      [101, returning('b', 'a', rememberedBy(hidden, 'a'))],
    );
    expect(eventLines.at(-1)).toBe('101 USER_OFFLINE DISCONNECTED');
  });
});

describe('A client that returns to a service that lost nothing', () => {
  it('changes no newer choice', () => {
    const { user: before } = given(
      [1, connect('a', { isMicrophoneMuted: false })],
      [2, join('a', 'meeting')],
      [3, choose('a', 'AUTOMATIC')],
    );
    const { user, eventLines } = continueWith(before, [
      [10, connect('p')],
      [11, mute('p', { microphone: true })],
      [12, leave('p')],
      [13, choose('p', 'INVISIBLE')],
      [14, disconnect('p')],
      [15, disconnect('a', 'CONNECTION_LOST')],
      [16, returning('b', 'a', rememberedBy(before, 'a'))],
    ]);
    expect(eventLines.at(-1)).toBe('13 USER_OFFLINE DISCONNECTED');
    expect(user.own).toMatchObject({ isMicrophoneMuted: true, channelId: undefined });
    expect(user.choice).toBe('INVISIBLE');
  });

  it('joins again a channel that was left because its session ended', () => {
    const { user: before } = given([1, connect('a')], [2, join('a', 'lobby')]);
    const remembered = rememberedBy(before, 'a');
    const { user } = continueWith(before, [
      [3, disconnect('a', 'TOKEN_EXPIRED')],
      [4, returning('b', 'a', remembered)],
    ]);
    expect(membershipsOf(user)).toMatchObject([{ channelId: 'lobby', sessionId: 'b' }]);
  });

  it('joins no other channel with a forged version', () => {
    const { user: before } = given([1, connect('a')], [2, join('a', 'lobby')]);
    const channel = {
      version: 2000,
      clearedVersion: 2000,
      channels: [{ channelId: 'attic', isHeld: true }],
    };
    const { user } = continueWith(before, [
      [4, returning('b', 'x', { ...rememberedBy(before, 'a'), channel })],
    ]);
    expect(user.own.channelId).toBe('lobby');
  });
});

describe('A version from the future', () => {
  const muted = (version: number): RememberedChoices => ({
    status: undefined,
    microphone: { version, isMuted: true },
    speaker: undefined,
    channel: undefined,
  });

  it('is accepted up to one minute, because the clocks of nodes may differ', () => {
    const { user } = given([100, returning('b', 'a', muted(60_100_000))]);
    expect(user.choiceVersions.microphone).toBe(60_100_000);
  });

  it('counts as the current version beyond that, so it does not win forever', () => {
    const { user } = given([100, returning('b', 'a', muted(Number.MAX_SAFE_INTEGER))]);
    expect(user.isMicrophoneMuted).toBe(true);
    expect(user.choiceVersions.microphone).toBe(100_000);
  });

  it('is ignored beyond that if a choice is known', () => {
    const { user } = given(
      [1, connect('c')],
      [2, mute('c', { microphone: false })],
      [100, returning('b', 'a', muted(Number.MAX_SAFE_INTEGER))],
    );
    expect(user.isMicrophoneMuted).toBe(false);
    expect(user.choiceVersions.microphone).toBe(2000);
  });
});

describe('The choices that clients keep', () => {
  it('restore the latest choice in a service that lost it, in any order of reconnects', () => {
    const deeds = fc.array(
      fc.record({
        device: fc.nat(2),
        does: fc.constantFrom(
          (id: string) => choose(id, 'AWAY'),
          (id: string) => choose(id, 'INVISIBLE'),
          (id: string) => choose(id, 'AUTOMATIC'),
          (id: string) => mute(id, { microphone: true }),
          (id: string) => mute(id, { microphone: false }),
          (id: string) => mute(id, { speaker: true }),
          (id: string) => join(id, 'lobby'),
          (id: string) => join(id, 'attic'),
          leave,
        ),
      }),
      { maxLength: 12 },
    );
    const orders = fc.shuffledSubarray([0, 1, 2], { minLength: 3 });
    fc.assert(
      fc.property(deeds, orders, (all, order) => {
        let { user } = given(...[0, 1, 2].map((device) => [0, connect(`${device}`)] as const));
        // Each device remembers the choices at its own last action, as if it had received nothing afterwards.
        const memories = [0, 1, 2].map((device) => rememberedBy(user, `${device}`));
        all.forEach(({ device, does }, i) => {
          ({ user } = continueWith(user, [[10 + i, does(`${device}`)]]));
          memories[device] = rememberedBy(user, `${device}`);
        });
        const { user: restored } = given(
          ...order.map(
            (device, i) =>
              [100 + i, returning(`${device}'`, `${device}`, memories[device])] as const,
          ),
        );
        expect(restored.choiceVersions).toEqual(user.choiceVersions);
        const { channelId, isMicrophoneMuted, isSpeakerMuted } = user.own;
        expect(restored.own).toMatchObject({ channelId, isMicrophoneMuted, isSpeakerMuted });
        expect(restored.choice).toBe(user.choice);
        expect(restored.channelSessionId).toBe(
          user.channelSessionId && `${user.channelSessionId}'`,
        );
      }),
      { numRuns: runs(500) },
    );
  });
});
