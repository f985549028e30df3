import { Logger } from '@nestjs/common';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { PresenceStore } from '../../src/store/presence-store.js';
import type { Client, OpenSession } from '../support/client.js';
import { msOf } from '../support/in-words.js';
import { Figures } from '../support/figures.js';
import { Service } from '../support/service.js';

const { STATUS_CHOICE_INVISIBLE: INVISIBLE } = StatusChoice;

/**
 * The metrics of the state that others see. The load metrics are excluded: docs/security.md says
 * what they reveal.
 */
const SHOWN = [
  'presence_users',
  'presence_store_users',
  'presence_events_total',
  'presence_events_delivered_total',
  'presence_subscribers',
  'presence_subscribers_lagging',
  'presence_subscriber_lag_max_events',
  'presence_subscription_resets_total',
];

describe('The activity of a user', () => {
  let service: Service;
  let ghost: Client;
  let reader: Client;
  beforeEach(async () => {
    service = await Service.start();
    ghost = await service.client('the ghost');
    reader = await service.client('the reader');
  });
  afterEach(() => service.stop());

  /**
   * Performs a variety of calls, some of which are rejected. Returns the words that must not be
   * published anywhere.
   */
  async function live(): Promise<readonly string[]> {
    const { sessionId, stream } = await ghost.connect({ platform: 'toaster' });
    await ghost.joinChannel({ sessionId, channelId: 'the attic' });
    await ghost.updateStatus({ sessionId, choice: INVISIBLE, statusText: 'the text' });
    await ghost.joinChannel({ sessionId, channelId: 'the cellar' });
    await reader.endSession({ sessionId });
    await reader.getPresence({ userId: 'the ghost' });
    await reader.subscribe({ userIds: ['the ghost'] }).beginning();
    const refused = ghost.joinChannel({ sessionId: 'no session', channelId: 'the attic' });
    await expect(refused).rejects.toMatchObject({ code: status.NOT_FOUND });
    await service.passTime(400_000);
    stream.cancel();
    await stream.ended;
    return ['the ghost', 'the attic', 'the cellar', 'the text', 'toaster', sessionId];
  }

  it('is in no line of the log, at any level', async () => {
    const lines: string[] = [];
    const write = (...words: unknown[]): void => void lines.push(words.join(' '));
    const levels = { log: write, error: write, warn: write, debug: write, verbose: write };
    Logger.overrideLogger({ ...levels, fatal: write });
    try {
      const words = await live();
      new Logger('Test').verbose('is heard');
      expect(lines).toContain('is heard Test');
      for (const word of words) expect(lines.join('\n')).not.toContain(word);
    } finally {
      Logger.overrideLogger(false);
    }
  });

  it('names no user in metrics and health responses', async () => {
    const read = async (path: string): Promise<string> =>
      (await fetch(`${service.httpUrl}/${path}`)).text();
    const namesIn = (text: string): string[] => text.replaceAll(/ \S+$/gm, '').split('\n');
    const [health, figures] = [await read('health'), namesIn(await read('metrics'))];
    const words = await live();
    expect(await read('health')).toBe(health);
    const text = await read('metrics');
    for (const word of words) expect(text).not.toContain(word);
    // User actions add and remove no series, except for the status codes of calls and the handles
    // of the process.
    const own = (names: string[]): string[] =>
      names.filter((name) => name.startsWith('presence_') && !/code="(?!OK")/.test(name));
    expect(own(namesIn(text))).toEqual(own(figures));
  });

  it('changes last_active_at for others when they see it, and not when they do not', async () => {
    const { sessionId } = await ghost.connect();
    const seen = async (): Promise<number> => {
      const { presence } = await reader.getPresence({ userId: 'the ghost' });
      return msOf(presence?.lastActiveAt)! - beganAt;
    };
    const beganAt = service.clock.now();
    const act = { target: { $case: 'sessionId', value: sessionId } } as const;
    await service.passTime(1000);
    // Reads and heartbeats are not activity.
    await ghost.listOnlineUsers();
    await ghost.heartbeat({ sessionId });
    expect(await seen()).toBe(0);
    await ghost.recordActivity(act);
    expect(await seen()).toBe(1000);
    await service.passTime(1000);
    await ghost.updateStatus({ sessionId, choice: INVISIBLE });
    expect(await seen(), 'not even when it hid').toBe(1000);
    for (let i = 0; i < 3; i++) {
      await service.passTime(1000);
      await ghost.recordActivity(act);
      await ghost.connect();
    }
    expect(await seen()).toBe(1000);
    const { presence } = await ghost.getPresence({ userId: 'the ghost' });
    expect(msOf(presence?.lastActiveAt)! - beganAt).toBe(5000);
  });
});

describe('The metrics of shown presences', () => {
  /** Returns the metrics after the ghost has left by `go`, and another user has connected. */
  async function figuresAfter(
    go: (service: Service, ghost: Client, session: OpenSession) => Promise<void>,
  ): Promise<unknown> {
    const service = await Service.start();
    const watcher = (await service.client('watcher')).subscribe();
    await watcher.beginning();
    const ghost = await service.client('the ghost');
    const session = await ghost.connect();
    await ghost.joinChannel({ sessionId: session.sessionId, channelId: 'the attic' });
    await go(service, ghost, session);
    // The ghost connected, joined, left the channel and disconnected.
    await watcher.nextEvents(4);
    await (await service.client('another')).connect();
    await watcher.nextEvents(1);
    await Promise.all(service.all(PresenceStore).map((store) => store.view.awaitCurrent()));
    const figures = await Figures.of(service);
    await service.stop();
    return SHOWN.map((name) => [name, figures.onEach(name), figures.seriesOf(name)]);
  }

  it('are the same whether a user is invisible, and active, or has left', async () => {
    const hidden = await figuresAfter(async (service, ghost, { sessionId }) => {
      await ghost.updateStatus({ sessionId, choice: INVISIBLE });
      await ghost.joinChannel({ sessionId, channelId: 'the cellar' });
      await ghost.connect();
      await service.passTime(1000);
      await ghost.updateMuteState({ sessionId, isMicrophoneMuted: true });
    });
    const gone = await figuresAfter(async (_, __, { stream }) => {
      stream.cancel();
      await stream.ended;
    });
    expect(hidden).toEqual(gone);
  });
});
