import {
  createPresenceClient,
  PresenceError,
  type PresenceClient,
  type PresenceClientOptions,
  type Session,
} from '@presence-service/client';
import { trackActivity } from '@presence-service/client/activity';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeService } from './support/fake-service.js';
import { ManualTimers, settled } from './support/manual-timers.js';
import { tokenNumber } from './support/tokens.js';

/** A value that TypeScript would reject, but that JavaScript programs can pass by mistake. */
import {
  NO_LISTS,
  NO_OPTIONS,
  NO_SIGNALS,
  NO_TIMEOUTS,
  NO_PAGE_SIZES,
  OF_CLIENT,
  OF_CLIENT_AT_ONCE,
  OF_SESSION,
  type Anything,
} from './support/wrong-arguments.js';

function anything(value: unknown): Anything {
  return value as Anything;
}

describe('A wrong argument', () => {
  let timers: ManualTimers;
  let service: FakeService;
  let client: PresenceClient;
  beforeEach(() => {
    timers = new ManualTimers();
    service = new FakeService(() => timers.now());
    client = newClient();
  });
  afterEach(() => client.close());

  function newClient(options: Partial<PresenceClientOptions> = {}): PresenceClient {
    const { transport } = service;
    return createPresenceClient({ transport, token: tokenNumber(1), timers, ...options });
  }

  function expectToName(error: unknown, argument: string): void {
    expect(error).toBeInstanceOf(PresenceError);
    const { code, message, violations } = error as PresenceError;
    expect({ code, fields: violations.map(({ field }) => field) }).toEqual({
      code: 'invalid-argument',
      fields: [argument],
    });
    expect(message).toBe(`${argument} ${violations[0]!.description}`);
  }

  function thrownBy(act: () => unknown): unknown {
    try {
      act();
    } catch (error) {
      return error;
    }
    return expect.fail('it was taken');
  }

  async function rejectionOf(act: () => unknown): Promise<unknown> {
    // The function must return a promise, because `.catch()` does not catch a synchronous error.
    return (act() as Promise<unknown>).then(
      () => expect.fail('it was taken'),
      (error: unknown) => error,
    );
  }

  it.each(OF_CLIENT)('of %s is rejected by its name: %s', async (_, argument, values, call) => {
    for (const value of values) {
      expectToName(await rejectionOf(() => call(client, anything(value))), argument);
    }
    expect(service.heard).toEqual([]);
    expect(timers.size).toBe(0);
  });

  it.each(OF_CLIENT_AT_ONCE)(
    'of %s is refused at once by its name: %s',
    (_, argument, values, call) => {
      for (const value of values) {
        expectToName(
          thrownBy(() => call(client, anything(value))),
          argument,
        );
      }
      expect(timers.size).toBe(0);
    },
  );

  it.each(OF_SESSION)('of %s is rejected by its name: %s', async (_, argument, values, call) => {
    const session = client.connect();
    await session.ready;
    for (const value of values) {
      expectToName(await rejectionOf(() => call(session, anything(value))), argument);
    }
    expect(service.heard).toEqual([]);
  });

  it('does not delay other commands, also without a connection', async () => {
    const session = client.connect();
    const wrong = rejectionOf(() => session.setStatus('away', { until: new Date(NaN) }));
    const right = session.joinChannel('lobby');
    await right;
    expectToName(await wrong, 'until');
    expect(service.heard).toEqual(['joinChannel s1 lobby']);
  });

  it('is not made of a right one while it waits', async () => {
    const session = client.connect();
    const until = new Date(service.now() + 1000);
    const done = session.setStatus('away', { until });
    until.setTime(NaN);
    await done;
    expect(service.heard).toEqual(['updateStatus s1 3 ']);
  });

  it.each([
    ['transport', [undefined, null, 'http://localhost', {}, () => undefined]],
    ['token', [undefined, null, 7, '', 'opaque', '<!doctype html>', { token: tokenNumber(1) }]],
    ['timeoutMs', NO_TIMEOUTS],
    ['silenceTimeoutMs', NO_TIMEOUTS],
    ['signal', NO_SIGNALS],
    ['timers', [null, {}, { now: () => 0 }]],
    ['random', [null, 0.5]],
  ])('of a client is rejected at once by its name: %s', (name, values) => {
    for (const value of values) {
      const error = thrownBy(() => newClient({ [name]: value }));
      expectToName(error, name);
      if (typeof value === 'string' && value !== '')
        expect((error as PresenceError).message).not.toContain(value);
    }
  });

  it('instead of the options of a client is rejected at once', () => {
    for (const value of [undefined, ...NO_OPTIONS]) {
      expectToName(
        thrownBy(() => createPresenceClient(anything(value))),
        'options',
      );
    }
  });

  it('instead of an observer is rejected at once', () => {
    const session = client.connect();
    for (const value of [undefined, null, 'next']) {
      expectToName(
        thrownBy(() => session.state.subscribe(anything(value))),
        'observer',
      );
    }
  });

  it.each([
    [
      'session',
      [undefined, null, {}],
      (value: Anything) => trackActivity(value, new EventTarget()),
    ],
    // `undefined` is the default in Node.js, where there is no document.
    ['target', [undefined, null, {}], (value: Anything) => trackActivity(tracked(), value)],
    ['options', [null, 7], (value: Anything) => trackActivity(tracked(), new EventTarget(), value)],
    [
      'everyMs',
      NO_PAGE_SIZES,
      (value: Anything) => trackActivity(tracked(), new EventTarget(), { everyMs: value }),
    ],
    [
      'events',
      NO_LISTS,
      (value: Anything) => trackActivity(tracked(), new EventTarget(), { events: value }),
    ],
  ])('of trackActivity is rejected at once by its name: %s', (name, values, call) => {
    for (const value of values)
      expectToName(
        thrownBy(() => call(anything(value))),
        name,
      );
  });

  function tracked(): Session {
    return client.connect();
  }

  it('is not reported for valid arguments', async () => {
    const session = client.connect({ platform: '', signal: new AbortController().signal });
    await session.ready;
    await session.joinChannel('😀'.repeat(128));
    await session.setStatus('away', { text: '', until: new Date('9999-12-31T23:59:59.999Z') });
    await session.mute({ speaker: false, microphone: undefined as never });
    client.watch({ users: [], channels: ['a'], kinds: ['online'] });
    client.listOnline({ statuses: ['online', 'offline' as never], pageSize: 5000 });
    await settled();
    expect(session.state.value.status).toBe('online');
  });
});
