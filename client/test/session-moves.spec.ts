import type { Session } from '@presence-service/client';
import { beforeEach, describe, expect, it } from 'vitest';
import { draining, heartbeat } from './support/fake-service.js';
import { settled } from './support/manual-timers.js';
import {
  inWords,
  rejectedToken,
  SessionWorld,
  statesOf,
  unavailable,
} from './support/session-world.js';
import { jwt, tokenNumber } from './support/tokens.js';

describe('A session', () => {
  let world: SessionWorld;
  beforeEach(() => (world = new SessionWorld()));

  describe('whose token expires', () => {
    it('continues with a new one', async () => {
      const session = await world.online();
      world.service.session.fail(rejectedToken());
      await world.timers.pass(250);
      expect(world.service.sessions.map(({ token }) => token)).toEqual([1, 2].map(tokenNumber));
      world.service.session.fail(rejectedToken());
      await world.timers.pass(500);
      expect(world.service.session.token).toBe(tokenNumber(3));
      session.close();
    });

    it('moves 30 seconds before a long-lived token expires, and a tenth of the lifetime before a short-lived one expires', async () => {
      const lives = [600, 60, 3600];
      const session = await world.online({
        token: () => jwt(world.service.now() + lives.shift()! * 1000),
        silenceTimeoutMs: 1e9,
      });
      const states = statesOf(session);
      await world.timers.pass(569_999);
      expect(world.service.sessions).toHaveLength(1);
      await world.timers.pass(1);
      expect(world.service.sessions).toHaveLength(2);
      await settled();
      expect(world.service.sessions[0]!.isOver).toBe(true);
      await world.timers.pass(54_000);
      expect(states).toEqual(['online as s1', 'online as s2', 'online as s3']);
      session.close();
    });

    it('stays until the token expires if there is no other token', async () => {
      const token = jwt(world.service.now() + 60_000);
      const session = await world.online({ token: () => token, silenceTimeoutMs: 1e9 });
      await world.timers.pass(120_000);
      expect(inWords(session.state.value)).toBe('online as s1');
      session.close();
    });

    it('does not move early with a token that is valid for years', async () => {
      const token = jwt(world.service.now() + 1e12);
      const session = await world.online({ token: () => token, silenceTimeoutMs: 2e9 });
      for (let weeks = 0; weeks < 100; weeks += 2) {
        await world.timers.pass(1.2e9);
        world.service.session.send(heartbeat);
      }
      expect(world.service.sessions).toHaveLength(1);
      session.close();
      await settled();
      expect(world.timers.size).toBe(0);
    });
  });

  describe('whose server is about to stop', () => {
    it('moves at the requested time over a new connection, with its channel, before the old stream ends', async () => {
      const session = await world.online();
      await session.joinChannel('lobby');
      const states = statesOf(session);
      world.service.session.send(draining(2000));
      await world.timers.pass(1999);
      expect(world.service.sessions).toHaveLength(1);
      await world.timers.pass(1);
      expect(world.transports).toBe(2);
      expect(world.service.session.request.previousSessionId).toBe('s1');
      expect(world.service.heard).toEqual(['joinChannel s1 lobby']);
      expect(world.service.sessions.map(({ isOver }) => isOver)).toEqual([true, false]);
      expect(states).toEqual(['online as s1', 'online as s2']);
      session.close();
    });

    it('does not repeat the chosen status, because the previous session is still live', async () => {
      const session = await world.online();
      await session.setStatus('away');
      world.service.session.send(draining(0));
      await world.timers.pass(1);
      expect(world.service.heard).toEqual(['updateStatus s1 3 ']);
      session.close();
    });

    it('stays on the draining server while no other is available, and retries', async () => {
      const session = await world.online();
      world.service.failNext('connect', unavailable(), unavailable());
      world.service.session.send(draining(1000));
      await world.timers.pass(1100);
      expect(inWords(session.state.value)).toBe('online as s1');
      await world.timers.pass(1000);
      expect(inWords(session.state.value)).toBe('online as s2');
      session.close();
    });

    it('waits for the requested time also if the old stream ends first', async () => {
      const session = await world.online();
      world.service.session.send(draining(5000));
      await world.timers.pass(1000);
      world.service.session.fail(unavailable());
      await settled();
      expect(inWords(session.state.value)).toBe('unavailable, again in 4250');
      expect(session.sessionId).toBeUndefined();
      await world.timers.pass(4250);
      expect(inWords(session.state.value)).toBe('online as s2');
      session.close();
    });

    it.each([
      ['joinChannel', (session: Session) => session.joinChannel('lobby')],
      ['recordActivity', (session: Session) => session.recordActivity()],
    ])(
      'does not move to a session that was lost while it waited for %s',
      async (method, command) => {
        const session = await world.online();
        const states = statesOf(session);
        world.service.failNext(method, unavailable(), unavailable());
        const done = command(session);
        world.service.session.send(draining(0));
        await world.timers.pass(100);
        expect(world.service.sessions).toHaveLength(2);
        world.service.session.fail(unavailable());
        world.service.sessions[0]!.fail(unavailable());
        await world.timers.pass(3000);
        await done;
        expect(states).toEqual(['online as s1', 'unavailable, again in 250', 'online as s3']);
        session.close();
      },
    );

    it('waits for a running command before it moves, and does not undo it', async () => {
      const session = await world.online();
      await session.joinChannel('lobby');
      world.service.failNext('joinChannel', unavailable());
      const joined = session.joinChannel('garden');
      world.service.session.send(draining(0));
      await world.timers.pass(100);
      // The next session has started, and reports a channel that the command is about to change.
      expect(world.service.sessions.map(({ isOver }) => isOver)).toEqual([false, false]);
      world.service.choices = {
        channel: { version: 8n, channels: [{ channelId: 'garden', isHeld: true }] },
      };
      await world.timers.pass(1000);
      await joined;
      expect(world.service.heard.slice(-2)).toEqual([
        'joinChannel s1 garden',
        'joinChannel s1 garden',
      ]);
      expect(world.service.sessions.map(({ isOver }) => isOver)).toEqual([true, false]);
      expect(session.channelId).toBe('garden');
      session.close();
    });
  });
});
