import { Code, ConnectError } from '@connectrpc/connect';
import {
  createPresenceClient,
  PresenceError,
  type PresenceClient,
  type PresenceClientOptions,
  type TokenOption,
} from '@presence-service/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Sync } from '../src/generated/presence/v1/events_service_pb.js';
import { FakeService, heartbeat, told } from './support/fake-service.js';
import { ManualTimers, settled } from './support/manual-timers.js';
import { jwt, tokenNumber, tokenWith } from './support/tokens.js';

const PAGE = '<!doctype html>\n<title>502 Bad Gateway</title>';

const refused = (): ConnectError => new ConnectError('token expired', Code.Unauthenticated);

describe('The tokens of a client', () => {
  let timers: ManualTimers;
  let service: FakeService;
  /** The times of the token requests, in milliseconds since the start of the test. */
  let asked: number[];
  let clients: PresenceClient[];
  beforeEach(() => {
    timers = new ManualTimers();
    service = new FakeService(() => timers.now());
    asked = [];
    clients = [];
  });
  afterEach(async () => {
    for (const client of clients) client.close();
    await settled();
    expect(timers.size).toBe(0);
  });

  /** Creates a client whose token function runs these functions one after the other, and then repeats the last one. */
  function clientGiven(
    answers: Extract<TokenOption, (...args: never[]) => unknown>[],
    options: Partial<PresenceClientOptions> = {},
  ): PresenceClient {
    const startedAt = timers.now();
    const client = createPresenceClient({
      transport: service.transport,
      token: (request) => {
        asked.push(timers.now() - startedAt);
        return answers[Math.min(asked.length, answers.length) - 1]!(request);
      },
      timers,
      random: () => 1,
      ...options,
    });
    clients.push(client);
    return client;
  }

  const never = (): Promise<string> => new Promise(() => {});
  const good = (): string => tokenNumber(1);

  /** Resolves to the error of a rejected promise. */
  async function errorOf(result: Promise<unknown>): Promise<PresenceError> {
    return result.then(
      () => expect.fail('it did not fail'),
      (error: unknown) => {
        expect(error).toBeInstanceOf(PresenceError);
        return error as PresenceError;
      },
    );
  }

  describe('when the function does not return', () => {
    it('are requested again after `timeoutMs`, for a session that begins', async () => {
      const session = clientGiven([never, good], { timeoutMs: 2000 }).connect();
      await timers.pass(2000);
      expect(session.state.value).toMatchObject({
        status: 'reconnecting',
        error: { code: 'unavailable', message: 'no token within 2000 ms' },
      });
      await timers.pass(250);
      expect(session.state.value.status).toBe('online');
      expect(asked).toEqual([0, 2250]);
    });

    it('are requested again when a session has lost its connection', async () => {
      const session = clientGiven([good, never, good]).connect();
      await session.ready;
      service.session.fail(refused());
      await timers.pass(250 + 10_000 + 500);
      expect(session.state.value).toMatchObject({ status: 'online', sessionId: 's2' });
      expect(asked).toEqual([0, 250, 10_750]);
    });

    it('are requested again for a collection, at the start and after a break', async () => {
      const lobby = clientGiven([never, good, never, good]).watch({ channels: ['lobby'] });
      await timers.pass(10_250);
      service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't1' }));
      await lobby.ready;
      service.subscription.fail(refused());
      await timers.pass(500);
      expect(asked).toEqual([0, 10_250, 10_750]);
      await timers.pass(10_500 + 500);
      expect(service.subscription.request.resumeToken).toBe('t1');
      expect(service.subscriptions).toHaveLength(2);
    });

    it('fail a call in time, with an error that names the token', async () => {
      const client = clientGiven([never, good], { timeoutMs: 2000 });
      const error = errorOf(client.get('ann'));
      await timers.pass(2000);
      expect(await error).toMatchObject({
        code: 'timeout',
        message: 'no response within 2000 ms: token() has not returned a token',
      });
      await client.get('ann');
    });

    it('are aborted when no call needs them', async () => {
      const signals: AbortSignal[] = [];
      const client = clientGiven([
        ({ signal }) => {
          signals.push(signal);
          return never();
        },
      ]);
      const session = client.connect();
      await settled();
      session.close();
      await settled();
      expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
      expect(timers.size).toBe(0);
      const again = errorOf(client.get('ann'));
      await settled();
      expect(asked).toHaveLength(2);
      client.close();
      expect((await again).code).toBe('closed');
    });

    it('are requested once for all calls, with growing pauses', async () => {
      const fail = (): never => {
        throw new Error('no network');
      };
      const client = clientGiven([fail], { timeoutMs: 30_000, random: Math.random });
      const calls = Array.from({ length: 100 }, () => errorOf(client.get('ann')));
      await timers.pass(30_000);
      for (const error of await Promise.all(calls)) {
        expect(error).toMatchObject({ code: 'unavailable', message: 'token() failed' });
        expect(error.cause).toEqual(new Error('no network'));
      }
      expect(asked.length).toBeLessThan(30);
      const inTheFirstSecond = asked.filter((ms) => ms < 1000).length;
      expect(inTheFirstSecond).toBeLessThan(15);
    });

    it('count as an outage if token() throws, unless it gives up for good', async () => {
      const denied = (): never => {
        throw new ConnectError('of another service', Code.PermissionDenied);
      };
      const signedOut = (): never => {
        throw new PresenceError('unauthenticated', 'signed out');
      };
      const session = clientGiven([denied, denied, good]).connect();
      await timers.pass(750);
      expect(session.state.value.status).toBe('online');
      asked = [];
      const client = clientGiven([signedOut, good]);
      expect((await errorOf(client.get('ann'))).message).toBe('signed out');
      await client.get('ann');
    });
  });

  describe('when they are invalid', () => {
    const none: [name: string, answer: unknown][] = [
      ['an HTML page', PAGE],
      ['a JSON answer', JSON.stringify({ token: good() })],
      ['nothing', undefined],
      ['no text', ''],
      ['an object', { token: good() }],
      ['three words without claims', 'www.example.com'],
      ['a token in quotes', `"${good()}"`],
      ['a scheme and a token', `Bearer ${good()}`],
    ];

    it.each(none)('are dropped and requested again: %s', async (_, answer) => {
      const session = clientGiven([() => answer as string, good]).connect();
      await settled();
      expect(session.state.value).toMatchObject({
        status: 'reconnecting',
        error: { code: 'unavailable', message: 'token() did not return a JWT' },
        retryInMs: 250,
      });
      await timers.pass(250);
      expect(session.state.value.status).toBe('online');
      expect(service.session.token).toBe(good());
    });

    it('do not appear in the error', async () => {
      const secret = 'a secret\u0000';
      const client = clientGiven([() => secret], { timeoutMs: 1000 });
      const failed = errorOf(client.get('ann'));
      await timers.pass(1000);
      const error = await failed;
      expect(error.message).toBe('token() did not return a JWT');
      const seen = [error, error.cause].map((e) => `${String(e)} ${(e as Error)?.stack}`).join();
      expect(seen).not.toContain('a secret');
    });

    it('do not begin or end with white space', async () => {
      await clientGiven([() => ` ${good()}\n`]).get('ann');
      expect(service.heard).toEqual([`getPresence ${good()}`]);
    });
  });

  describe('whatever the clock of the device says', () => {
    afterEach(() => vi.restoreAllMocks());

    const SKEWS = [
      ['2 hours ahead', 7_200_000],
      ['10 minutes behind', -600_000],
      ['in 1970', -Infinity],
    ] as const;

    function skewDevice(byMs: number): void {
      vi.spyOn(Date, 'now').mockImplementation(() => Math.max(0, service.now() + byMs));
    }

    /** Returns, after 1.1 seconds, a token that is valid for `lifetimeMs` from then on. */
    function issuer(lifetimeMs: number) {
      return () =>
        new Promise<string>((resolve) => {
          timers.setTimeout(() => resolve(jwt(service.now() + lifetimeMs)), 1100);
        });
    }

    it.each(SKEWS)('move the session before they expire, on a device %s', async (_, byMs) => {
      skewDevice(byMs);
      const session = clientGiven([issuer(20_000)], { silenceTimeoutMs: 1e9 }).connect();
      const states: string[] = [];
      session.state.subscribe(({ status }) => states.push(status));
      await timers.pass(60_000);
      // Each token is valid for 20 seconds and is replaced after 18. The token request takes another 1.1 seconds.
      expect(asked).toEqual([0, 19_100, 38_200, 57_300]);
      expect(new Set(states)).toEqual(new Set(['connecting', 'online']));
    });

    it.each(SKEWS)('do not move it before time, on a device %s', async (_, byMs) => {
      skewDevice(byMs);
      const session = clientGiven([issuer(3_600_000)], { silenceTimeoutMs: 1e9 }).connect();
      await timers.pass(3_500_000);
      expect(service.sessions).toHaveLength(1);
      await timers.pass(100_000);
      expect(service.sessions).toHaveLength(2);
      session.close();
    });

    it.each([
      ['that are over when they come', -3000],
      ['that last for a second', 1000],
    ])('move it every 4 seconds at most, with tokens %s', async (_, lifetimeMs) => {
      const session = clientGiven([() => jwt(service.now() + lifetimeMs)]).connect();
      await timers.pass(39_000);
      expect(service.sessions).toHaveLength(10);
      session.close();
    });

    it('are requested again before they expire if the first renewal failed', async () => {
      const first = jwt(service.now() + 100_000);
      const fail = (): never => {
        throw new Error('no network');
      };
      const session = clientGiven(
        [() => first, fail, () => first, () => jwt(service.now() + 1e6)],
        {
          silenceTimeoutMs: 1e9,
        },
      ).connect();
      await timers.pass(98_000);
      expect(asked).toEqual([0, 90_000, 94_000, 98_000]);
      expect(session.sessionId).toBe('s2');
    });

    it.each([
      ['is in milliseconds', Date.UTC(2030, 1)],
      ['is beyond what can be counted', 1e300],
      ['is no number', 'soon'],
      ['is missing', undefined],
    ])('never expire here when `exp` %s', async (_, exp) => {
      const session = clientGiven([() => tokenWith({ exp })], { silenceTimeoutMs: 2e9 }).connect();
      for (let weeks = 0; weeks < 100; weeks += 2) {
        await timers.pass(1.2e9);
        service.session.send(heartbeat);
      }
      expect(service.sessions).toHaveLength(1);
      session.close();
    });
  });
});
