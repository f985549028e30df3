import { Code, ConnectError } from '@connectrpc/connect';
import { createPresenceClient, type PresenceClientOptions } from '@presence-service/client';
import type { Session, SessionState } from '@presence-service/client';
import { beforeEach, describe, expect, it } from 'vitest';
import { RetryInfoSchema } from '../src/generated/google/rpc/error_details_pb.js';
import { chosen, draining, FakeService, heartbeat } from './support/fake-service.js';
import { ManualTimers, settled } from './support/manual-timers.js';
import { jwt, tokenNumber } from './support/tokens.js';

const unavailable = (): ConnectError => new ConnectError('out of reach', Code.Unavailable);
const refused = (): ConnectError => new ConnectError('token expired', Code.Unauthenticated);
const unknownSession = (): ConnectError => new ConnectError('no such session', Code.NotFound);

describe('A session', () => {
  let timers: ManualTimers;
  let service: FakeService;
  let transports: number;
  let tokens: number;
  beforeEach(() => {
    timers = new ManualTimers();
    service = new FakeService(() => timers.now());
    transports = tokens = 0;
  });

  function client(options: Partial<PresenceClientOptions> = {}) {
    return createPresenceClient({
      transport: () => {
        transports++;
        return service.transport;
      },
      token: () => tokenNumber(++tokens),
      timers,
      random: () => 1,
      ...options,
    });
  }

  async function online(options: Partial<PresenceClientOptions> = {}): Promise<Session> {
    const session = client(options).connect();
    await session.ready;
    return session;
  }

  function statesOf(session: Session): string[] {
    const states: string[] = [];
    session.state.subscribe((state) => states.push(inWords(state)));
    return states;
  }

  function inWords(state: SessionState): string {
    switch (state.status) {
      case 'online':
        return `online as ${state.sessionId}`;
      case 'reconnecting':
        return `${state.error.code}, again in ${state.retryInMs}`;
      case 'closed':
        return `closed: ${state.reason}`;
      case 'connecting':
        return state.status;
    }
  }

  describe('whose service is unreachable', () => {
    it('retries with pauses that double, up to 10 seconds, until it succeeds', async () => {
      service.failNext('connect', ...Array.from({ length: 8 }, unavailable));
      const session = client().connect();
      const states = statesOf(session);
      await timers.pass(60_000);
      const pauses = [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000];
      expect(states).toEqual([
        'connecting',
        ...pauses.map((ms) => `unavailable, again in ${ms}`),
        'online as s1',
      ]);
      session.close();
    });

    it('waits for a random part of the pause, so that clients do not reconnect all at once', async () => {
      service.failNext('connect', unavailable(), unavailable());
      const session = client({ random: () => 0.5 }).connect();
      const states = statesOf(session);
      await timers.pass(1000);
      expect(states.slice(1, 3)).toEqual([
        'unavailable, again in 125',
        'unavailable, again in 250',
      ]);
      session.close();
    });

    it('adds the retry hint of the service to the pause', async () => {
      const retryDelay = { seconds: 3n, nanos: 500_000_000 };
      const details = [{ desc: RetryInfoSchema, value: { retryDelay } }];
      service.failNext('connect', new ConnectError('later', Code.Unavailable, undefined, details));
      const session = client().connect();
      await settled();
      expect(inWords(session.state.value)).toBe('unavailable, again in 3750');
      session.close();
    });

    it('starts with short pauses again only after it was online for a while', async () => {
      const session = await online();
      const states = statesOf(session);
      for (const heldMs of [0, 0, 10_000]) {
        await timers.pass(heldMs);
        service.session.fail(unavailable());
        await timers.pass(1000);
      }
      expect(states.filter((state) => state.includes('again'))).toEqual([
        'unavailable, again in 250',
        'unavailable, again in 500',
        'unavailable, again in 250',
      ]);
      session.close();
    });

    it('times out if no response arrives', async () => {
      const session = client({
        timeoutMs: 2000,
        transport: { ...service.transport, stream: () => new Promise(() => {}) },
      }).connect();
      await timers.pass(2000);
      expect(session.state.value).toMatchObject({
        status: 'reconnecting',
        error: { message: 'no message arrived for 2000 ms' },
      });
      session.close();
    });

    it('requests its token again after a failure', async () => {
      let asked = 0;
      const session = client({
        token: () => {
          if (++asked === 1) throw new Error('no network');
          return tokenNumber(1);
        },
      }).connect();
      const states = statesOf(session);
      await timers.pass(250);
      expect(states).toEqual(['connecting', 'unavailable, again in 250', 'online as s1']);
      session.close();
    });
  });

  describe('after a loss', () => {
    const inLobby = { version: 7n, channels: [{ channelId: 'lobby', isHeld: true }] };
    const nowhere = { version: 8n, channels: [] };

    async function comesBack(session: Session): Promise<void> {
      service.session.fail(unavailable());
      await timers.pass(1000);
      expect(session.state.value.status).toBe('online');
    }

    it('sends the previous session id and the choices it received, and repeats no command', async () => {
      const session = client().connect({ microphoneMuted: true });
      await session.ready;
      expect(service.session.request).toMatchObject({ isMicrophoneMuted: true });
      expect(service.session.request.previousSessionId).toBe('');
      service.choices = { microphone: { version: 5n, isMuted: true }, channel: inLobby };
      await session.joinChannel('lobby');
      await comesBack(session);
      expect(service.session.request).toMatchObject({
        previousSessionId: 's1',
        choices: { microphone: { version: 5n, isMuted: true }, channel: inLobby },
      });
      expect(service.session.request.isMicrophoneMuted).toBeUndefined();
      expect(service.heard).toEqual(['joinChannel s1 lobby']);
      expect(session.channelId).toBe('lobby');
      session.close();
    });

    it('sends its mute state again if the service never received it', async () => {
      service.failNext('connect', unavailable());
      const session = client().connect({ speakerMuted: true });
      await timers.pass(1000);
      expect(service.session.request).toMatchObject({ isSpeakerMuted: true });
      session.close();
    });

    it('sends the choices that another device made', async () => {
      const session = await online();
      service.choices = { channel: inLobby };
      await session.joinChannel('lobby');
      service.session.send(chosen({ channel: nowhere, speaker: { version: 9n, isMuted: true } }));
      await settled();
      expect(session.channelId).toBeUndefined();
      await comesBack(session);
      expect(service.session.request.choices).toMatchObject({
        channel: nowhere,
        speaker: { version: 9n, isMuted: true },
      });
      session.close();
    });

    it('joins all its channels again, and returns the errors of the service about the others', async () => {
      const session = await online();
      const channel = {
        version: 7n,
        clearedVersion: 5n,
        channels: [
          { channelId: 'a', isHeld: true },
          { channelId: 'c', isHeld: false },
          { channelId: 'b', isHeld: true },
        ],
      };
      service.choices = { channel };
      await session.joinChannel('b', { keepOthers: true });
      expect(service.heard).toEqual(['joinChannel s1 b too']);
      expect(session.channelIds).toEqual(['a', 'b']);
      expect(session.channelId).toBe('b');
      await comesBack(session);
      expect(service.session.request.choices).toMatchObject({ channel });
      session.close();
    });

    it('leaves one channel or all of them', async () => {
      const session = await online();
      await session.leaveChannel('a');
      await session.leaveChannel();
      expect(service.heard).toEqual(['leaveChannel s1 a', 'leaveChannel s1']);
      session.close();
    });

    it('ignores choices that arrive out of order', async () => {
      const session = await online();
      service.choices = { channel: nowhere };
      await session.leaveChannel();
      service.session.send(chosen({ channel: inLobby }));
      await settled();
      expect(session.channelId).toBeUndefined();
      await comesBack(session);
      expect(service.session.request.choices).toMatchObject({ channel: nowhere });
      session.close();
    });

    it('accepts the choices that the service returns', async () => {
      const session = await online();
      service.choices = { channel: inLobby };
      await session.joinChannel('lobby');
      // The service rejects the version that the client sends as impossible, and responds with its own choice.
      service.choices = { channel: { version: 3n, channels: [] } };
      await comesBack(session);
      expect(session.channelId).toBeUndefined();
      await comesBack(session);
      expect(service.session.request.choices).toMatchObject({ channel: { version: 3n } });
      session.close();
    });

    it('counts as lost after 45 seconds without a message, and heartbeats are messages', async () => {
      const session = await online();
      await timers.pass(44_000);
      service.session.send(heartbeat);
      await timers.pass(44_000);
      expect(session.state.value.status).toBe('online');
      await timers.pass(1000);
      expect(session.state.value).toMatchObject({ status: 'reconnecting' });
      await settled();
      expect(service.sessions[0]!.isOver).toBe(true);
      session.close();
    });
  });

  describe('when it cannot continue', () => {
    it.each([
      ['ended by endSession', Code.Aborted, 'session-ended'],
      ['refused', Code.PermissionDenied, 'permission-denied'],
    ] as const)('is closed after the error %s', async (_, code, reason) => {
      const session = await online();
      let isComplete = false;
      session.state.subscribe({ complete: () => (isComplete = true) });
      service.session.fail(new ConnectError('over', code));
      await timers.pass(60_000);
      expect(service.sessions).toHaveLength(1);
      expect(inWords(session.state.value)).toBe(`closed: ${reason}`);
      expect(isComplete).toBe(true);
      expect(timers.size).toBe(0);
    });

    it('is not closed by a connection that was reset, which transports call ABORTED as well', async () => {
      const session = await online();
      const reset = new ConnectError('read ECONNRESET', Code.Aborted);
      const { stream } = service.transport;
      reset.cause = new Error('read ECONNRESET');
      service.session.fail(unavailable());
      service.transport.stream = () => {
        service.transport.stream = stream;
        return Promise.reject(reset);
      };
      await timers.pass(1000);
      expect(inWords(session.state.value)).toBe('online as s2');
      session.close();
    });

    it('is closed if a new token is rejected as well', async () => {
      service.failNext('connect', refused(), refused());
      const session = client().connect();
      await expect(session.ready).rejects.toMatchObject({ code: 'unauthenticated' });
      expect(tokens).toBe(2);
    });

    it('is closed if the program has no more tokens', async () => {
      const { PresenceError } = await import('@presence-service/client');
      const session = client({
        token: () => Promise.reject(new PresenceError('unauthenticated', 'signed out')),
      }).connect();
      await expect(session.ready).rejects.toMatchObject({ message: 'signed out' });
    });
  });

  describe('whose token expires', () => {
    it('continues with a new one', async () => {
      const session = await online();
      service.session.fail(refused());
      await timers.pass(250);
      expect(service.sessions.map(({ token }) => token)).toEqual([1, 2].map(tokenNumber));
      service.session.fail(refused());
      await timers.pass(500);
      expect(service.session.token).toBe(tokenNumber(3));
      session.close();
    });

    it('moves 30 seconds before a long-lived token expires, and a tenth of the lifetime before a short-lived one expires', async () => {
      const lives = [600, 60, 3600];
      const session = await online({
        token: () => jwt(service.now() + lives.shift()! * 1000),
        silenceTimeoutMs: 1e9,
      });
      const states = statesOf(session);
      await timers.pass(569_999);
      expect(service.sessions).toHaveLength(1);
      await timers.pass(1);
      expect(service.sessions).toHaveLength(2);
      await settled();
      expect(service.sessions[0]!.isOver).toBe(true);
      await timers.pass(54_000);
      expect(states).toEqual(['online as s1', 'online as s2', 'online as s3']);
      session.close();
    });

    it('stays until the token expires if there is no other token', async () => {
      const token = jwt(service.now() + 60_000);
      const session = await online({ token: () => token, silenceTimeoutMs: 1e9 });
      await timers.pass(120_000);
      expect(inWords(session.state.value)).toBe('online as s1');
      session.close();
    });

    it('does not move early with a token that is valid for years', async () => {
      const token = jwt(service.now() + 1e12);
      const session = await online({ token: () => token, silenceTimeoutMs: 2e9 });
      for (let weeks = 0; weeks < 100; weeks += 2) {
        await timers.pass(1.2e9);
        service.session.send(heartbeat);
      }
      expect(service.sessions).toHaveLength(1);
      session.close();
      await settled();
      expect(timers.size).toBe(0);
    });
  });

  describe('whose server is about to stop', () => {
    it('moves at the requested time over a new connection, with its channel, before the old stream ends', async () => {
      const session = await online();
      await session.joinChannel('lobby');
      const states = statesOf(session);
      service.session.send(draining(2000));
      await timers.pass(1999);
      expect(service.sessions).toHaveLength(1);
      await timers.pass(1);
      expect(transports).toBe(2);
      expect(service.session.request.previousSessionId).toBe('s1');
      expect(service.heard).toEqual(['joinChannel s1 lobby']);
      expect(service.sessions.map(({ isOver }) => isOver)).toEqual([true, false]);
      expect(states).toEqual(['online as s1', 'online as s2']);
      session.close();
    });

    it('does not repeat the chosen status, because the previous session is still live', async () => {
      const session = await online();
      await session.setStatus('away');
      service.session.send(draining(0));
      await timers.pass(1);
      expect(service.heard).toEqual(['updateStatus s1 3 ']);
      session.close();
    });

    it('stays on the draining server while no other is available, and retries', async () => {
      const session = await online();
      service.failNext('connect', unavailable(), unavailable());
      service.session.send(draining(1000));
      await timers.pass(1100);
      expect(inWords(session.state.value)).toBe('online as s1');
      await timers.pass(1000);
      expect(inWords(session.state.value)).toBe('online as s2');
      session.close();
    });

    it('waits for the requested time also if the old stream ends first', async () => {
      const session = await online();
      service.session.send(draining(5000));
      await timers.pass(1000);
      service.session.fail(unavailable());
      await settled();
      expect(inWords(session.state.value)).toBe('unavailable, again in 4250');
      expect(session.sessionId).toBeUndefined();
      await timers.pass(4250);
      expect(inWords(session.state.value)).toBe('online as s2');
      session.close();
    });

    it.each([
      ['joinChannel', (session: Session) => session.joinChannel('lobby')],
      ['recordActivity', (session: Session) => session.recordActivity()],
    ])(
      'does not move to a session that was lost while it waited for %s',
      async (method, command) => {
        const session = await online();
        const states = statesOf(session);
        service.failNext(method, unavailable(), unavailable());
        const done = command(session);
        service.session.send(draining(0));
        await timers.pass(100);
        expect(service.sessions).toHaveLength(2);
        service.session.fail(unavailable());
        service.sessions[0]!.fail(unavailable());
        await timers.pass(3000);
        await done;
        expect(states).toEqual(['online as s1', 'unavailable, again in 250', 'online as s3']);
        session.close();
      },
    );

    it('waits for a running command before it moves, and does not undo it', async () => {
      const session = await online();
      await session.joinChannel('lobby');
      service.failNext('joinChannel', unavailable());
      const joined = session.joinChannel('garden');
      service.session.send(draining(0));
      await timers.pass(100);
      // The next session has started, and reports a channel that the command is about to change.
      expect(service.sessions.map(({ isOver }) => isOver)).toEqual([false, false]);
      service.choices = {
        channel: { version: 8n, channels: [{ channelId: 'garden', isHeld: true }] },
      };
      await timers.pass(1000);
      await joined;
      expect(service.heard.slice(-2)).toEqual(['joinChannel s1 garden', 'joinChannel s1 garden']);
      expect(service.sessions.map(({ isOver }) => isOver)).toEqual([true, false]);
      expect(session.channelId).toBe('garden');
      session.close();
    });
  });

  describe('with heartbeats', () => {
    it('sends a heartbeat for each message and needs no timer', async () => {
      service.beginning = { heartbeatTimeoutMs: 15_000 };
      const session = await online();
      await timers.pass(15_000);
      expect(service.heard).toEqual([]);
      for (const heard of [1, 2, 3]) {
        service.session.send(heartbeat);
        await settled();
        expect(service.heard).toEqual(Array.from({ length: heard }, () => 'heartbeat s1'));
      }
      session.close();
    });

    it('sends none when the service asks for none', async () => {
      const session = await online();
      service.session.send(heartbeat);
      await settled();
      expect(service.heard).toEqual([]);
      session.close();
    });

    it('begins a new session if the service no longer knows this one', async () => {
      service.beginning = { heartbeatTimeoutMs: 3000 };
      service.failNext('heartbeat', unknownSession());
      const session = await online();
      service.session.send(heartbeat);
      await timers.pass(3000);
      expect(inWords(session.state.value)).toBe('online as s2');
      session.close();
    });
  });

  describe('with commands', () => {
    it('executes them one after the other', async () => {
      const session = client().connect();
      await Promise.all([
        session.joinChannel('a'),
        session.mute({ microphone: true }),
        session.joinChannel('b'),
        session.recordActivity(),
      ]);
      expect(service.heard).toEqual([
        'joinChannel s1 a',
        'updateMuteState s1 true',
        'joinChannel s1 b',
        'recordActivity s1',
      ]);
      session.close();
    });

    it('repeats them on the next session if the service no longer knows this one', async () => {
      const session = await online();
      service.failNext('joinChannel', unknownSession());
      const joined = session.joinChannel('lobby');
      await timers.pass(2000);
      await joined;
      expect(service.heard).toEqual(['joinChannel s1 lobby', 'joinChannel s2 lobby']);
      session.close();
    });

    it('reports why it was ended also if a command fails first', async () => {
      const session = await online();
      service.failNext('joinChannel', unknownSession());
      const joined = session.joinChannel('lobby');
      await timers.pass(500);
      service.session.fail(new ConnectError('ended', Code.Aborted));
      await expect(joined).rejects.toMatchObject({ code: 'session-ended' });
      expect(session.state.value).toMatchObject({ reason: 'session-ended' });
    });

    it('fails them if no session begins in time', async () => {
      service.failNext('connect', ...Array.from({ length: 20 }, unavailable));
      const session = client({ timeoutMs: 3000 }).connect();
      const joined = expect(session.joinChannel('lobby')).rejects.toMatchObject({
        code: 'timeout',
      });
      await timers.pass(3000);
      await joined;
      session.close();
    });

    it('drops a command that its caller aborted', async () => {
      service.failNext('connect', unavailable());
      const session = client().connect();
      const controller = new AbortController();
      const joined = session.joinChannel('lobby', { signal: controller.signal });
      controller.abort();
      await expect(joined).rejects.toMatchObject({ code: 'cancelled' });
      await timers.pass(1000);
      expect(service.heard).toEqual([]);
      session.close();
    });

    it('fails waiting commands when it is closed', async () => {
      service.failNext('connect', unavailable());
      const session = client().connect();
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
      service.beginning = { heartbeatTimeoutMs: 3000 };
      const session = await online({ token: () => jwt(service.now() + 60_000) });
      close(session);
      close(session);
      await settled();
      expect(service.session.isOver).toBe(true);
      expect(timers.size).toBe(0);
      expect(inWords(session.state.value)).toBe('closed: closed');
      expect(session.sessionId).toBeUndefined();
    });

    it('with its client or by a signal ends its stream, and leaves no timer', async () => {
      const controller = new AbortController();
      const presence = client();
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
      expect(service.sessions.map(({ isOver }) => isOver)).toEqual([true, true]);
      expect(timers.size).toBe(0);
    });

    it('while it waits leaves no timer', async () => {
      service.failNext('connect', unavailable());
      const session = client().connect();
      await settled();
      session.close();
      await settled();
      expect(timers.size).toBe(0);
      await expect(session.ready).rejects.toMatchObject({ code: 'closed' });
    });

    it('while it moves ends both streams', async () => {
      const session = await online();
      await session.joinChannel('lobby');
      service.failNext('joinChannel', ...Array.from({ length: 9 }, unavailable));
      service.session.send(draining(0));
      await timers.pass(100);
      expect(service.sessions).toHaveLength(2);
      session.close();
      await settled();
      expect(service.sessions.map(({ isOver }) => isOver)).toEqual([true, true]);
      expect(timers.size).toBe(0);
    });
  });
});
