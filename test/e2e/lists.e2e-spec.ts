import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PresenceStatus } from '../../src/api/generated/presence/v1/presence.pb.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Client, OpenSession } from '../support/client.js';
import { ids, listsOf } from '../support/lists.js';
import { Service } from '../support/service.js';

const {
  PRESENCE_STATUS_ONLINE: ONLINE,
  PRESENCE_STATUS_IDLE: IDLE,
  PRESENCE_STATUS_OFFLINE: OFFLINE,
  PRESENCE_STATUS_DO_NOT_DISTURB: DO_NOT_DISTURB,
  PRESENCE_STATUS_AWAY: AWAY,
} = PresenceStatus;

describe('Lists', () => {
  let service: Service;
  let reader: Client;
  const users = new Map<string, OpenSession & { readonly client: Client }>();

  beforeAll(async () => {
    service = await Service.start();
    reader = await service.client('reader');
  });
  afterAll(() => service.stop());

  /** Connects users with one session each, who join the lobby. */
  async function enter(...userIds: string[]): Promise<void> {
    for (const userId of userIds) {
      const client = await service.client(userId);
      const session = await client.connect();
      await client.joinChannel({ sessionId: session.sessionId, channelId: 'lobby' });
      users.set(userId, { client, ...session });
    }
  }

  async function leave(...userIds: string[]): Promise<void> {
    for (const userId of userIds) {
      const { client, sessionId } = users.get(userId)!;
      await client.endSession({ sessionId });
      users.delete(userId);
    }
  }

  const lists = listsOf(() => reader);

  describe.each(lists)('of %s', (_rpc, list) => {
    async function pages(pageSize: number, between: () => Promise<void> = async () => {}) {
      const found: string[][] = [];
      for (let pageToken = ''; ;) {
        const page = await list({ pageSize, pageToken });
        found.push(ids(page));
        pageToken = page.nextPageToken;
        if (pageToken === '') return found;
        await between();
      }
    }

    it('are ordered by user id, in pages of the requested size', async () => {
      await enter('d', 'b', 'e', 'a', 'c');
      expect(await pages(2)).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
      expect(await pages(5)).toEqual([['a', 'b', 'c', 'd', 'e']]);
      expect(await pages(1)).toEqual([['a'], ['b'], ['c'], ['d'], ['e']]);
      await leave('a', 'b', 'c', 'd', 'e');
      expect(await pages(2)).toEqual([[]]);
    });

    it('have the total number of users in every page', async () => {
      await enter('a', 'b', 'c');
      const first = await list({ pageSize: 2 });
      expect(first.totalSize).toBe(3);
      await enter('d');
      const second = await list({ pageSize: 2, pageToken: first.nextPageToken });
      expect([ids(second), second.totalSize, second.nextPageToken]).toEqual([['c', 'd'], 4, '']);
      await leave('a', 'b', 'c', 'd');
      expect((await list({})).totalSize).toBe(0);
    });

    it('show every user who stays exactly once while others connect and disconnect', async () => {
      const staying = ['b', 'd', 'f', 'h', 'j', 'l'];
      await enter(...staying, 'c', 'e', 'i');
      const comings = [
        async () => (await enter('a', 'g'), await leave('c')),
        // The last user of the previous page has left.
        async () => (await leave('e'), await enter('k')),
        async () => await leave('a', 'i'),
      ];
      const found = (await pages(2, () => comings.shift()?.() ?? Promise.resolve())).flat();
      expect(found).toEqual([...found].sort());
      expect(new Set(found).size).toBe(found.length);
      expect(found).toEqual(expect.arrayContaining(staying));
      await leave(...users.keys());
    });

    it('continue after a user who went OFFLINE', async () => {
      await enter('a', 'b', 'c');
      const { nextPageToken } = await list({ pageSize: 2 });
      await leave('b');
      expect(ids(await list({ pageToken: nextPageToken }))).toEqual(['c']);
      await leave('c');
      expect(await list({ pageToken: nextPageToken })).toEqual({
        presences: [],
        nextPageToken: '',
        totalSize: 1,
      });
      await leave('a');
    });

    it('show the same presence as GetPresence', async () => {
      await enter('a');
      const { presence } = await reader.getPresence({ userId: 'a' });
      expect((await list({})).presences).toEqual([presence]);
      await leave('a');
    });

    it('reflect every change that was acknowledged before', async () => {
      for (let i = 0; i < 20; i++) {
        await enter('flip');
        expect(ids(await list({}))).toEqual(['flip']);
        await leave('flip');
        expect(ids(await list({}))).toEqual([]);
      }
    });

    it('reject a page token of another list', async () => {
      await enter('a', 'b');
      const { nextPageToken } = await list({ pageSize: 1 });
      const others = await Promise.all([
        reader.listOnlineUsers({ pageSize: 1, statuses: [ONLINE] }),
        reader.listChannelMembers({ pageSize: 1, channelId: 'lobby' }),
        reader.listOnlineUsers({ pageSize: 1 }),
      ]);
      const pages = await Promise.allSettled(
        others.map((other) => list({ pageToken: other.nextPageToken })),
      );
      // One of them is this list.
      const isRefused = pages.map((page) => page.status === 'rejected');
      expect(isRefused.filter(Boolean)).toHaveLength(2);
      const tokens = others.map((other) => other.nextPageToken).filter((_, i) => isRefused[i]);
      const changed = `${nextPageToken.startsWith('A') ? 'B' : 'A'}${nextPageToken.slice(1)}`;
      const bent = [changed, `${nextPageToken}=`, ` ${nextPageToken}`, nextPageToken.slice(8), 'a'];
      for (const pageToken of [...tokens, ...bent, '\u0000']) {
        await expect(list({ pageToken })).rejects.toMatchObject({
          code: status.INVALID_ARGUMENT,
          details:
            'page_token is not a next_page_token of this list; begin again with the first page',
        });
      }
      await leave('a', 'b');
    });
  });

  describe('of ListOnlineUsers', () => {
    it('have every user who is not OFFLINE, or those with the requested statuses', async () => {
      await enter('idle');
      await service.passTime(300_000);
      await enter('away', 'busy', 'gone', 'here', 'hidden');
      const choices = {
        away: StatusChoice.STATUS_CHOICE_AWAY,
        busy: StatusChoice.STATUS_CHOICE_DO_NOT_DISTURB,
        hidden: StatusChoice.STATUS_CHOICE_INVISIBLE,
      };
      for (const [userId, choice] of Object.entries(choices)) {
        const { client, sessionId } = users.get(userId)!;
        await client.updateStatus({ sessionId, choice });
      }
      await leave('gone');
      const cases: [PresenceStatus[], string[]][] = [
        [[], ['away', 'busy', 'here', 'idle']],
        [[ONLINE], ['here']],
        [[IDLE], ['idle']],
        [[DO_NOT_DISTURB], ['busy']],
        [[AWAY], ['away']],
        [
          [AWAY, ONLINE, AWAY],
          ['away', 'here'],
        ],
        [[OFFLINE], []],
        [[OFFLINE, IDLE], ['idle']],
        [
          [ONLINE, IDLE, OFFLINE, DO_NOT_DISTURB, AWAY],
          ['away', 'busy', 'here', 'idle'],
        ],
      ];
      for (const [statuses, expected] of cases) {
        const page = await reader.listOnlineUsers({ statuses });
        expect(ids(page)).toEqual(expected);
        expect(page.totalSize).toBe(expected.length);
      }
      await leave(...users.keys());
    });

    it('accept a token whatever the order of the statuses', async () => {
      await enter('a', 'b', 'c');
      const statuses = [ONLINE, AWAY];
      const { nextPageToken } = await reader.listOnlineUsers({ statuses, pageSize: 1 });
      const page = await reader.listOnlineUsers({
        statuses: [AWAY, ONLINE, ONLINE],
        pageToken: nextPageToken,
      });
      expect(ids(page)).toEqual(['b', 'c']);
      const refused = reader.listOnlineUsers({ statuses: [ONLINE], pageToken: nextPageToken });
      await expect(refused).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
      await leave('a', 'b', 'c');
    });
  });

  it('order ids by their UTF-16 code units, whatever the language', async () => {
    const userIds = ['Z', 'a', 'ä', 'z', '\ufb01', '😀', '10', '9', 'user', 'user 1', '__proto__'];
    await enter(...userIds);
    expect(ids(await reader.listOnlineUsers())).toEqual([...userIds].sort());
    await leave(...userIds);
  });

  describe('of BatchGetPresences', () => {
    it('return presences in the order of the request, repeated ids repeatedly, unknown users as OFFLINE', async () => {
      await enter('b', 'a');
      const { presences } = await reader.batchGetPresences({
        userIds: ['b', 'nobody', 'a', 'b', 'reader'],
      });
      expect(presences.map(({ userId }) => userId)).toEqual(['b', 'nobody', 'a', 'b', 'reader']);
      expect(presences.map((presence) => presence.status)).toEqual([
        ONLINE,
        OFFLINE,
        ONLINE,
        ONLINE,
        OFFLINE,
      ]);
      for (const presence of presences) {
        const alone = await reader.getPresence({ userId: presence.userId });
        expect(presence).toEqual(alone.presence);
      }
      await leave('a', 'b');
    });

    it('accept 1000 users at once', async () => {
      const userIds = Array.from({ length: 1000 }, (_, i) => `${i}`);
      const { presences } = await reader.batchGetPresences({ userIds });
      expect(presences.map(({ userId }) => userId)).toEqual(userIds);
    });
  });
});
