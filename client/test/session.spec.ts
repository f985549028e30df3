import { Code, ConnectError } from '@connectrpc/connect';
import type { Session } from '@presence-service/client';
import { beforeEach, describe, expect, it } from 'vitest';
import { RetryInfoSchema } from '../src/generated/google/rpc/error_details_pb.js';
import { draining, heartbeat } from './support/fake-service.js';
import { settled } from './support/manual-timers.js';
import {
  inWords,
  SessionWorld,
  statesOf,
  unavailable,
  unknownSession,
} from './support/session-world.js';
import { jwt, tokenNumber } from './support/tokens.js';

describe('A session', () => {
  let world: SessionWorld;
  beforeEach(() => (world = new SessionWorld()));

  describe('whose service is unreachable', () => {
    it('retries with pauses that double, up to 10 seconds, until it succeeds', async () => {
      world.service.failNext('connect', ...Array.from({ length: 8 }, unavailable));
      const session = world.client().connect();
      const states = statesOf(session);
      await world.timers.pass(60_000);
      const pauses = [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000];
      expect(states).toEqual([
        'connecting',
        ...pauses.map((ms) => `unavailable, again in ${ms}`),
        'online as s1',
      ]);
      session.close();
    });

    it('waits for a random part of the pause, so that clients do not reconnect all at once', async () => {
      world.service.failNext('connect', unavailable(), unavailable());
      const session = world.client({ random: () => 0.5 }).connect();
      const states = statesOf(session);
      await world.timers.pass(1000);
      expect(states.slice(1, 3)).toEqual([
        'unavailable, again in 125',
        'unavailable, again in 250',
      ]);
      session.close();
    });

    it('adds the retry hint of the service to the pause', async () => {
      const retryDelay = { seconds: 3n, nanos: 500_000_000 };
      const details = [{ desc: RetryInfoSchema, value: { retryDelay } }];
      world.service.failNext(
        'connect',
        new ConnectError('later', Code.Unavailable, undefined, details),
      );
      const session = world.client().connect();
      await settled();
      expect(inWords(session.state.value)).toBe('unavailable, again in 3750');
      session.close();
    });

    it('starts with short pauses again only after it was online for a while', async () => {
      const session = await world.online();
      const states = statesOf(session);
      for (const heldMs of [0, 0, 10_000]) {
        await world.timers.pass(heldMs);
        world.service.session.fail(unavailable());
        await world.timers.pass(1000);
      }
      expect(states.filter((state) => state.includes('again'))).toEqual([
        'unavailable, again in 250',
        'unavailable, again in 500',
        'unavailable, again in 250',
      ]);
      session.close();
    });

    it('times out if no response arrives', async () => {
      const session = world
        .client({
          timeoutMs: 2000,
          transport: { ...world.service.transport, stream: () => new Promise(() => {}) },
        })
        .connect();
      await world.timers.pass(2000);
      expect(session.state.value).toMatchObject({
        status: 'reconnecting',
        error: { message: 'no message arrived for 2000 ms' },
      });
      session.close();
    });

    it('requests its token again after a failure', async () => {
      let asked = 0;
      const session = world
        .client({
          token: () => {
            if (++asked === 1) throw new Error('no network');
            return tokenNumber(1);
          },
        })
        .connect();
      const states = statesOf(session);
      await world.timers.pass(250);
      expect(states).toEqual(['connecting', 'unavailable, again in 250', 'online as s1']);
      session.close();
    });
  });

  describe('with heartbeats', () => {
    it('sends a heartbeat for each message and needs no timer', async () => {
      world.service.beginning = { heartbeatTimeoutMs: 15_000 };
      const session = await world.online();
      await world.timers.pass(15_000);
      expect(world.service.heard).toEqual([]);
      for (const heard of [1, 2, 3]) {
        world.service.session.send(heartbeat);
        await settled();
        expect(world.service.heard).toEqual(Array.from({ length: heard }, () => 'heartbeat s1'));
      }
      session.close();
    });

    it('sends none when the service asks for none', async () => {
      const session = await world.online();
      world.service.session.send(heartbeat);
      await settled();
      expect(world.service.heard).toEqual([]);
      session.close();
    });

    it('begins a new session if the service no longer knows this one', async () => {
      world.service.beginning = { heartbeatTimeoutMs: 3000 };
      world.service.failNext('heartbeat', unknownSession());
      const session = await world.online();
      world.service.session.send(heartbeat);
      await world.timers.pass(3000);
      expect(inWords(session.state.value)).toBe('online as s2');
      session.close();
    });
  });

  describe('with commands', () => {
    it('executes them one after the other', async () => {
      const session = world.client().connect();
      await Promise.all([
        session.joinChannel('a'),
        session.mute({ microphone: true }),
        session.joinChannel('b'),
        session.recordActivity(),
      ]);
      expect(world.service.heard).toEqual([
        'joinChannel s1 a',
        'updateMuteState s1 true',
        'joinChannel s1 b',
        'recordActivity s1',
      ]);
      session.close();
    });

    it('repeats them on the next session if the service no longer knows this one', async () => {
      const session = await world.online();
      world.service.failNext('joinChannel', unknownSession());
      const joined = session.joinChannel('lobby');
      await world.timers.pass(2000);
      await joined;
      expect(world.service.heard).toEqual(['joinChannel s1 lobby', 'joinChannel s2 lobby']);
      session.close();
    });

    it('reports why it was ended also if a command fails first', async () => {
      const session = await world.online();
      world.service.failNext('joinChannel', unknownSession());
      const joined = session.joinChannel('lobby');
      await world.timers.pass(500);
      world.service.session.fail(new ConnectError('ended', Code.Aborted));
      await expect(joined).rejects.toMatchObject({ code: 'session-ended' });
      expect(session.state.value).toMatchObject({ reason: 'session-ended' });
    });

    it('fails them if no session begins in time', async () => {
      world.service.failNext('connect', ...Array.from({ length: 20 }, unavailable));
      const session = world.client({ timeoutMs: 3000 }).connect();
      const joined = expect(session.joinChannel('lobby')).rejects.toMatchObject({
        code: 'timeout',
      });
      await world.timers.pass(3000);
      await joined;
      session.close();
    });

    it('drops a command that its caller aborted', async () => {
      world.service.failNext('connect', unavailable());
      const session = world.client().connect();
      const controller = new AbortController();
      const joined = session.joinChannel('lobby', { signal: controller.signal });
      controller.abort();
      await expect(joined).rejects.toMatchObject({ code: 'cancelled' });
      await world.timers.pass(1000);
      expect(world.service.heard).toEqual([]);
      session.close();
    });

    it('fails waiting commands when it is closed', async () => {
      world.service.failNext('connect', unavailable());
      const session = world.client().connect();
      const joined = expect(session.joinChannel('lobby')).rejects.toMatchObject({ code: 'closed' });
      session.close();
      await joined;
    });
  });

  describe('after it is closed', () => {
    it.each([
      ['itself', (session: Session) => session.close()],
      ['by `using`', (session: Session) => session[Symbol.dispose]()],
    ])('%s ends its stream, and leaves no timer', async (_, close) => {
      world.service.beginning = { heartbeatTimeoutMs: 3000 };
      const session = await world.online({ token: () => jwt(world.service.now() + 60_000) });
      close(session);
      close(session);
      await settled();
      expect(world.service.session.isOver).toBe(true);
      expect(world.timers.size).toBe(0);
      expect(inWords(session.state.value)).toBe('closed: closed');
      expect(session.sessionId).toBeUndefined();
    });

    it('with its client or by a signal ends its stream, and leaves no timer', async () => {
      const controller = new AbortController();
      const presence = world.client();
      const sessions = [presence.connect({ signal: controller.signal }), presence.connect()];
      await Promise.all(sessions.map(({ ready }) => ready));
      controller.abort(new Error('enough'));
      await settled();
      expect(sessions.map(({ state }) => inWords(state.value))).toEqual([
        'closed: cancelled',
        'online as s2',
      ]);
      presence.close();
      await settled();
      expect(inWords(sessions[1]!.state.value)).toBe('closed: closed');
      expect(world.service.sessions.map(({ isOver }) => isOver)).toEqual([true, true]);
      expect(world.timers.size).toBe(0);
    });

    it('while it waits leaves no timer', async () => {
      world.service.failNext('connect', unavailable());
      const session = world.client().connect();
      await settled();
      session.close();
      await settled();
      expect(world.timers.size).toBe(0);
      await expect(session.ready).rejects.toMatchObject({ code: 'closed' });
    });

    it('while it moves ends both streams', async () => {
      const session = await world.online();
      await session.joinChannel('lobby');
      world.service.failNext('joinChannel', ...Array.from({ length: 9 }, unavailable));
      world.service.session.send(draining(0));
      await world.timers.pass(100);
      expect(world.service.sessions).toHaveLength(2);
      session.close();
      await settled();
      expect(world.service.sessions.map(({ isOver }) => isOver)).toEqual([true, true]);
      expect(world.timers.size).toBe(0);
    });
  });
});
