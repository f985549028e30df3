import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { PresenceError, type PresenceClient } from '@presence-service/client';
import { PresenceConsumer } from '@presence-service/nestjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clients } from '../../client/test/support/clients.js';
import { untilStatus } from '../../client/test/support/observed.js';
import { PROTOCOLS } from '../../client/test/support/protocols.js';
import { AppModule } from '../../examples/nest-backend/src/app.module.js';
import { eventually } from '../../test/support/eventually.js';
import { SECRET, Service } from '../../test/support/service.js';

describe('The example of a backend with Nest', () => {
  let folder: string;
  let service: Service;
  let clients: Clients;
  let app: INestApplication;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'presence-nest-'));
    clients = new Clients(PROTOCOLS[0]!);
    service = await Service.start({ VISIBILITY: 'groups', CHANNEL_ACCESS: 'granted' });
    await start();
  });
  afterEach(async () => {
    await app.close();
    clients.close();
    await service.stop();
    await rm(folder, { recursive: true });
  });

  async function start(): Promise<void> {
    const settings = {
      presenceUrl: `http://${service.address()}`,
      secret: SECRET,
      databaseFile: join(folder, 'database.json'),
    };
    const imports = [AppModule.with(settings)];
    const module = await Test.createTestingModule({ imports }).compile();
    app = module.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    await eventually(() => app.get(PresenceConsumer).state?.status, 'live');
  }

  async function call(method: string, path: string): Promise<[status: number, text: string]> {
    const response = await fetch(`${await app.getUrl()}/${path}`, { method });
    return [response.status, await response.text()];
  }

  async function get(path: string): Promise<unknown> {
    return JSON.parse((await call('GET', path))[1]);
  }

  /** The program of a user, with tokens of the backend. */
  function clientOf(userId: string): PresenceClient {
    return clients.of(service, userId, {
      token: async () => {
        const [status, text] = await call('GET', `users/${userId}/token`);
        if (status === 403) throw new PresenceError('unauthenticated', text);
        return text;
      },
    });
  }

  it('signs tokens for its users, who see each other', async () => {
    const ann = clientOf('ann').connect();
    await ann.joinChannel('acme/lobby');
    expect(await clientOf('bob').get('ann')).toMatchObject({ status: 'online' });
    await expect(ann.joinChannel('other/lobby')).rejects.toMatchObject({
      reason: 'CHANNEL_NOT_GRANTED',
    });
  });

  it('knows when a user was last seen, also if the user went during a restart', async () => {
    const [ann, bob] = [clientOf('ann').connect(), clientOf('bob').connect()];
    await Promise.all([ann.ready, bob.ready]);
    expect(await get('users/ann')).toEqual({ userId: 'ann', status: 'online' });
    ann.close();
    const lastSeen = async (userId: string) =>
      typeof ((await get(`users/${userId}`)) as { lastSeen?: string }).lastSeen;
    await eventually(() => lastSeen('ann'), 'string');
    await app.close();
    bob.close();
    await start();
    await eventually(() => lastSeen('bob'), 'string');
    expect(await lastSeen('ann')).toBe('string');
  });

  it('kicks a user, who cannot come back', async () => {
    const ann = clientOf('ann').connect();
    await ann.ready;
    // The clock of the service stands still, so the token is newer. A revocation concerns older ones.
    await service.passTime(60_000);
    expect(await call('POST', 'users/ann/kick')).toEqual([201, '{"endedSessions":1}']);
    await untilStatus(ann.state, 'closed');
    expect(ann.state.value).toMatchObject({ status: 'closed', reason: 'unauthenticated' });
    expect(await get('users/ann')).toMatchObject({ status: 'offline' });
    expect((await call('GET', 'users/ann/token'))[0]).toBe(403);
  });

  it('removes a user from a channel, who stays online', async () => {
    const ann = clientOf('ann').connect();
    await ann.joinChannel('acme/lobby');
    expect(await call('DELETE', 'channels/acme%2Flobby/members/ann')).toEqual([
      200,
      '{"userId":"ann","channelIds":[]}',
    ]);
    expect(await get('users/ann')).toMatchObject({ status: 'online' });
  });
});
