import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PresenceStore } from '../../src/store/presence-store.js';
import type { BrowserProtocol } from '../browser/connect-web.js';
import { Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { inWords } from '../support/in-words.js';
import { Link } from '../support/link.js';
import { Service, tokenOf } from '../support/service.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';

const TIMEOUT_MS = 8000;

describe('A page in a browser', () => {
  let browser: Browser;
  let service: Service;
  beforeAll(async () => {
    browser = await Browser.start();
    service = await Service.start({
      HTTP_CORS_ORIGINS: browser.origin,
      HEARTBEAT_TIMEOUT_MS: `${TIMEOUT_MS}`,
    });
  });
  afterAll(async () => {
    await service?.stop();
    await browser?.close();
  });

  /** Opens a page that holds a session of the user, as documented. */
  async function pageOf(userId: string, server = service.httpUrl, origin = browser.origin) {
    const page = await browser.open(server, origin);
    const token = await tokenOf(userId);
    await page.evaluate((token) => {
      const { docs } = globalThis as unknown as Global;
      const { holdSession, stream, call } = docs;
      const seen: string[] = [];
      const state = { token, call, seen, session: '', end: '' };
      Object.assign(globalThis, { state });
      void holdSession(token, (sessionId) => (state.session = sessionId)).catch(
        (error: Error & { code?: string }) => (state.end = error.code ?? error.name),
      );
      void (async () => {
        const answers = stream(token, 'EventsService/Subscribe', {});
        for await (const { snapshot = [], events = [] } of answers) {
          for (const presence of [...snapshot, ...events.map((event) => event.presence)]) {
            seen.push(`${presence.userId} ${presence.currentChannelId ?? presence.status}`);
          }
        }
      })().catch(() => {});
    }, token);
    const look = (what: 'session' | 'end') =>
      page.evaluate((name) => (globalThis as unknown as Global).state[name], what);
    const seen = () => page.evaluate(() => (globalThis as unknown as Global).state.seen);
    return { page, look, seen };
  }

  async function follow(userId: string): Promise<SubscriptionReader> {
    const watcher = (await service.client('watcher')).subscribe({ userIds: [userId] });
    await watcher.beginning();
    return watcher;
  }

  async function nextOf(watcher: SubscriptionReader): Promise<string> {
    return inWords(await watcher.nextEvent());
  }

  it('connects, makes calls and receives every change', async () => {
    const { page, look, seen } = await pageOf('ann');
    await eventually(async () => (await look('session')).length, 22);
    await eventually(async () => (await seen()).at(-1), 'ann PRESENCE_STATUS_ONLINE');
    await page.evaluate(async () => {
      const { token, call, session } = (globalThis as unknown as Global).state;
      const request = { sessionId: session, channelId: 'lobby' };
      await call(token, 'PresenceService/JoinChannel', request);
    });
    await eventually(async () => (await seen()).at(-1), 'ann lobby');
    await page.close();
  });

  it('stays online for while it is open, and not a moment longer', async () => {
    const watcher = await follow('bob');
    const { page, look } = await pageOf('bob');
    expect(await nextOf(watcher)).toBe('userOnline CONNECTED');
    // Other clients may receive the change before the page does.
    await eventually(async () => (await look('session')).length, 22);
    const session = await look('session');
    const dueAt = async (): Promise<number> => {
      const user = await service.all(PresenceStore)[0].get({ userId: 'bob' });
      return user.sessions[0]?.heartbeatDueAt ?? 0;
    };
    for (let i = 0; i < 4; i++) {
      await service.passTime(TIMEOUT_MS / 2);
      await eventually(dueAt, service.clock.now() + TIMEOUT_MS);
    }
    expect(await look('session')).toBe(session);
    await page.close();
    expect(await nextOf(watcher)).toBe('userOffline DISCONNECTED');
    watcher.cancel();
  });

  it('is lost when its network falls silent', async () => {
    const watcher = await follow('cid');
    const link = await Link.to([new URL(service.httpUrl).host]);
    const { page } = await pageOf('cid', `http://${link.addresses[0]}`);
    expect(await nextOf(watcher)).toBe('userOnline CONNECTED');
    link.fallSilent();
    await service.passTime(TIMEOUT_MS);
    expect(await nextOf(watcher)).toBe('userOffline CONNECTION_LOST');
    watcher.cancel();
    await page.close();
    link.close();
  });

  it('is rejected if it comes from another origin', async () => {
    const { page, look } = await pageOf('eve', service.httpUrl, browser.foreignOrigin);
    await eventually(() => look('end'), 'TypeError');
    expect(await look('session')).toBe('');
    await page.close();
  });

  it.each<BrowserProtocol>(['Connect', 'Connect with JSON', 'gRPC-Web'])(
    'may use the library of Connect, over %s',
    async (protocol) => {
      const page = await browser.open(service.httpUrl);
      const token = await tokenOf('dan');
      const told = await page.evaluate(
        ([protocol, server, token]) =>
          (globalThis as unknown as Global).library.useLibrary(protocol, server, token),
        [protocol, service.httpUrl, token] as const,
      );
      expect(told).toEqual([
        'sessionStarted',
        'lobby',
        'ConnectError: [invalid_argument] user_id must be 1 to 128 characters, none of them a control character',
        'ConnectError: [aborted] the session was ended',
      ]);
      await page.close();
    },
  );
});

/** The module of the documentation. */
interface Docs {
  call(token: string, method: string, request: object): Promise<object>;
  stream(token: string, method: string, request: object): AsyncIterable<SubscribeJson>;
  holdSession(token: string, onStarted: (sessionId: string) => void): Promise<void>;
}

interface SubscribeJson {
  readonly snapshot?: readonly PresenceJson[];
  readonly events?: readonly { readonly presence: PresenceJson }[];
}

interface PresenceJson {
  readonly userId: string;
  readonly status: string;
  readonly currentChannelId?: string;
}

/** The global variables of a test page. */
interface Global {
  readonly docs: Docs;
  readonly library: typeof import('../browser/connect-web.js');
  readonly state: {
    readonly token: string;
    readonly call: Docs['call'];
    readonly seen: string[];
    readonly session: string;
    readonly end: string;
  };
}
