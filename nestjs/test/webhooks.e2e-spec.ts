import { Controller, Post, UseGuards, type INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import {
  PresenceClientModule,
  PresenceWebhook,
  PresenceWebhookEvents,
  PresenceWebhookGuard,
  type PresenceClientModuleOptions,
  type PresenceWebhookEvent,
} from '@presence-service/nestjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cloudEvent, postSigned } from '../../test/support/signed-webhook.js';
import { Service } from '../../test/support/service.js';
import { eventually } from '../../test/support/eventually.js';
import { WEBHOOK_SECRET } from '../../test/support/webhook-receiver.js';

const OTHER_SECRET = 'whsec_b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXI=';

/** The events that the application has received. */
let received: PresenceWebhookEvent[];
let failures: number;

@Controller('webhooks')
class Receiver {
  @PresenceWebhook('presence')
  async receive(@PresenceWebhookEvents() events: readonly PresenceWebhookEvent[]) {
    if (failures-- > 0) throw new Error('the database is away');
    received.push(...events);
  }

  @Post('guarded')
  @UseGuards(PresenceWebhookGuard)
  guarded() {
    return 'welcome';
  }

  @Post('unguarded')
  unguarded(@PresenceWebhookEvents() events: readonly PresenceWebhookEvent[]) {
    return events;
  }
}

describe('A receiver of webhooks in Nest', () => {
  let app: INestApplication | undefined;
  beforeEach(() => {
    [received, failures] = [[], 0];
  });
  afterEach(() => app?.close());

  async function listen(
    webhook: PresenceClientModuleOptions['webhook'] = { secret: WEBHOOK_SECRET },
    prepare: (app: NestExpressApplication) => void = () => {},
    options: { readonly rawBody?: boolean } = {},
  ): Promise<string> {
    const module = await Test.createTestingModule({
      imports: [
        PresenceClientModule.forRoot({
          isGlobal: true,
          url: 'http://127.0.0.1:1',
          token: 'a.e30.b',
          ...(webhook && { webhook }),
        }),
      ],
      controllers: [Receiver],
    }).compile();
    const created = module.createNestApplication<NestExpressApplication>({
      logger: false,
      ...options,
    });
    app = created;
    prepare(created);
    await created.listen(0, '127.0.0.1');
    return `${await created.getUrl()}/webhooks/presence`;
  }

  const batchOf = (...events: object[]): string => JSON.stringify(events);
  const online = cloudEvent('e1', 'user_online', 'ann', 'PRESENCE_STATUS_ONLINE');

  it('gets typed events from a signed request', async () => {
    const url = await listen();
    const to = '2026-11-30T12:00:00.000Z';
    const gap = { id: 'g1', source: 'presence', type: 'presence.v1.gap', time: to };
    const from = '2026-11-30T11:00:00.000Z';
    const body = batchOf(
      online,
      { ...gap, data: { to } },
      { ...gap, id: 'g2', data: { from, to } },
      { ...gap, type: 'presence.v1.of_the_future', data: {} },
    );
    expect((await postSigned(url, body)).status).toBe(204);
    expect(received).toMatchObject([
      {
        id: 'e1',
        source: 'presence',
        kind: 'unknown',
        userId: 'ann',
        presence: { status: 'online' },
      },
      { id: 'g1', kind: 'gap', from: undefined, to: new Date(to) },
      { id: 'g2', kind: 'gap', from: new Date(from), to: new Date(to) },
    ]);
  });

  it('accepts a signature with either secret while the secret changes', async () => {
    const url = await listen({ secret: async () => `${OTHER_SECRET}\n${WEBHOOK_SECRET}` });
    for (const secret of [OTHER_SECRET, WEBHOOK_SECRET]) {
      expect((await postSigned(url, batchOf(online), { secret })).status).toBe(204);
    }
  });

  it('refuses all other requests', async () => {
    const url = await listen();
    const body = batchOf(online);
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    const day = 86_400_000;
    const tooLarge = batchOf({ ...online, padding: 'x'.repeat(2 ** 20) });
    const responses = await Promise.all([
      postSigned(url, body, { secret: OTHER_SECRET }),
      postSigned(url, body, { sentAt: Date.now() - day }),
      postSigned(url, body, { sentAt: Date.now() + day }),
      fetch(url, { method: 'POST', headers, body }),
      fetch(url, { method: 'POST', body }),
      fetch(url, { method: 'POST' }),
      postSigned(url.replace('presence', 'guarded'), body, { secret: OTHER_SECRET }),
    ]);
    expect(responses.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401, 401]);
    expect((await postSigned(url, body, { type: 'application/json' })).status).toBe(415);
    expect((await postSigned(url, tooLarge)).status).toBe(413);
    expect(received).toEqual([]);
  });

  it('gets the events again when it fails', async () => {
    const url = await listen();
    failures = 1;
    expect((await postSigned(url, batchOf(online))).status).toBe(500);
    expect((await postSigned(url, batchOf(online))).status).toBe(204);
    expect(received).toHaveLength(1);
  });

  it('can be guarded alone, and gets no events without the guard', async () => {
    const url = await listen();
    const guarded = await postSigned(url.replace('presence', 'guarded'), batchOf(online));
    expect([guarded.status, await guarded.text()]).toEqual([201, 'welcome']);
    const unguarded = await postSigned(url.replace('presence', 'unguarded'), batchOf(online));
    expect(unguarded.status).toBe(500);
  });

  const parseBatches = (created: NestExpressApplication): void => {
    created.useBodyParser('json', { type: 'application/cloudevents-batch+json' });
  };

  it('works beside a body parser if Nest keeps the raw body, and needs the raw body otherwise', async () => {
    const url = await listen(undefined, parseBatches, { rawBody: true });
    expect((await postSigned(url, batchOf(online))).status).toBe(204);
    await app!.close();
    expect((await postSigned(await listen(undefined, parseBatches), batchOf(online))).status).toBe(
      500,
    );
    expect(received).toHaveLength(1);
  });

  it('gets the events of the service', async () => {
    const url = await listen();
    const service = await Service.start({ WEBHOOK_URL: url, WEBHOOK_SECRET });
    const ann = await service.client('ann');
    const { sessionId } = await ann.connect();
    await ann.joinChannel({ sessionId, channelId: 'lobby' });
    const kinds = () => received.map((event) => event.kind);
    await eventually(kinds, ['gap', 'online', 'channel-changed']);
    expect(received.at(-1)).toMatchObject({ userId: 'ann', joinedChannelIds: ['lobby'] });
    await service.stop();
  });

  it.each(['whsec_', '', `whsec_c2hvcnQ= ${WEBHOOK_SECRET}`])(
    'does not start with a secret that is wrong: "%s"',
    async (secret) => {
      await expect(listen({ secret })).rejects.toThrow('webhook.secret must be');
    },
  );
});
