import { describe, expect, it } from 'vitest';
import type { Presence, Session, Status } from '#client';
import { Controls } from './controls.js';

/** A session that records its calls, of a user with the given shown status. */
function controls(shown: Status | undefined, own: Partial<Presence> = {}) {
  const presence = { userId: 'ann', statusText: '', ...own } as Presence;
  const calls: unknown[] = [];
  const session = {
    presence,
    mute: async (change: unknown) => void calls.push(change),
    setStatus: async (choice: string, { text }: { text: string }) => {
      calls.push([choice, text]);
      return { ...presence, version: 5n };
    },
  };
  const others = {
    get: (userId: string) =>
      userId === 'ann' && shown !== undefined ? ({ status: shown } as Presence) : undefined,
  };
  return { controls: new Controls(session as unknown as Session, others), calls };
}

describe('The keys of a terminal', () => {
  it('toggle the mute states', async () => {
    const it = controls('online', { isMicrophoneMuted: true, isSpeakerMuted: false });
    await it.controls.toggleMicrophone();
    await it.controls.toggleSpeaker();
    expect(it.calls).toEqual([{ microphone: false }, { speaker: true }]);
  });

  it('keep the text if a status is set, and the choice if a text is set', async () => {
    const it = controls('online', { statusText: 'hi' });
    await it.controls.choose('away');
    await it.controls.say('lunch');
    expect(it.calls).toEqual([
      ['away', 'hi'],
      ['away', 'lunch'],
    ]);
  });

  it('keep a later choice of another device', async () => {
    const it = controls('online');
    await it.controls.choose('invisible');
    expect(it.controls.isInvisible).toBe(true);
    it.controls.noteShown({ version: 5n } as Presence);
    it.controls.noteShown({ version: 6n } as Presence);
    expect(it.controls.isInvisible).toBe(false);
    await it.controls.say('hello');
    expect(it.calls.at(-1)).toEqual(['automatic', 'hello']);
  });

  it.each([
    ['online', 'automatic'],
    ['idle', 'automatic'],
    ['away', 'away'],
    ['do-not-disturb', 'do-not-disturb'],
  ] as const)('keep the choice of another device when a text is set: %s', async (shown, choice) => {
    const it = controls(shown);
    await it.controls.say('hi');
    expect(it.calls).toEqual([[choice, 'hi']]);
  });

  it.each(['offline', undefined] as const)(
    'keep a user INVISIBLE when a text is set (shown as %s)',
    async (shown) => {
      const it = controls(shown, { status: 'online' });
      await it.controls.say('hi');
      expect(it.calls).toEqual([['invisible', 'hi']]);
    },
  );
});
