import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ListOnlineUsersResponse } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { CommandExecutor } from '../../src/commands/command-executor.js';
import { PresenceStore } from '../../src/store/presence-store.js';
import type { Client } from '../support/client.js';
import { ids, listsOf } from '../support/lists.js';
import { Service } from '../support/service.js';

describe('Lists', () => {
  let service: Service;
  let reader: Client;
  beforeAll(async () => {
    service = await Service.start();
    reader = await service.client('reader');
  });
  afterAll(() => service.stop());
  /** Connects users without real connections, because these would take too long. */
  async function crowd(userIds: readonly string[]): Promise<void> {
    const [commands] = service.all(CommandExecutor);
    const { node } = service.all(PresenceStore)[0].status;
    const nothing = { isMicrophoneMuted: undefined, isSpeakerMuted: undefined };
    const options = {
      node,
      platform: 'web',
      requireHeartbeats: false,
      tokenExpiresAt: undefined,
      previousSessionId: undefined,
      attributes: new Map<string, string>(),
      remembered: undefined,
    };
    for (const userId of userIds) {
      const sessionId = `session of ${userId}`;
      await commands.execute(userId, { type: 'connect', sessionId, ...options, ...nothing });
      const joined = { sessionId, channelId: 'lobby', keepOthers: false };
      await commands.execute(userId, { type: 'joinChannel', ...joined });
    }
  }

  const lists = listsOf(() => reader);

  describe('with many users', () => {
    const count = 1100;
    const all = Array.from({ length: count }, (_, i) => `user ${String(i).padStart(4, '0')}`);

    it('have pages of 100 by default, and of at most 1000', async () => {
      await crowd(all);
      for (const [, list] of lists) {
        expect(ids(await list({}))).toEqual(all.slice(0, 100));
        expect(ids(await list({ pageSize: 0 }))).toEqual(all.slice(0, 100));
        expect(ids(await list({ pageSize: 999 }))).toEqual(all.slice(0, 999));
        expect(ids(await list({ pageSize: 1000 }))).toEqual(all.slice(0, 1000));
        const { nextPageToken, totalSize, ...first } = await list({ pageSize: 2 ** 31 - 1 });
        expect(first.presences).toHaveLength(1000);
        expect(totalSize).toBe(count);
        expect(ids(await list({ pageSize: 1000, pageToken: nextPageToken }))).toEqual(
          all.slice(1000),
        );
      }
    });

    it('have shorter pages if the presences are large, so that clients with default limits accept them', async () => {
      const [commands] = service.all(CommandExecutor);
      const set = new Map(['a', 'b', 'c', 'd'].map((key) => [key, 'ä'.repeat(500)]));
      const changes = { set, remove: [], expiresAt: undefined, field: 'set' } as const;
      for (const userId of all) {
        const sessionId = `session of ${userId}`;
        const input = { type: 'setAttributes', sessionId, changes, isPassive: true } as const;
        await commands.execute(userId, input);
      }
      for (const [, list] of lists) {
        const found: string[] = [];
        let pageToken = '';
        do {
          const page = await list({ pageSize: 1000, pageToken });
          const bytes = ListOnlineUsersResponse.encode(page).finish().length;
          expect(bytes).toBeLessThan(2.2 * 1024 * 1024);
          // Only the last page may have room for more.
          if (page.nextPageToken !== '') expect(bytes).toBeGreaterThan(1.8 * 1024 * 1024);
          found.push(...ids(page));
          pageToken = page.nextPageToken;
        } while (pageToken !== '');
        expect(found).toEqual(all);
      }
    });
  });
});
