import { createRouterTransport } from '@connectrpc/connect';
import { Inject, Injectable, Module, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  PresenceClient,
  PresenceClientModule,
  PresenceTokenService,
  type PresenceClientModuleOptions,
  type PresenceClientOptionsFactory,
} from '@presence-service/nestjs';
import { describe, expect, it } from 'vitest';
import { PresenceService } from '../../client/src/generated/presence/v1/presence_service_pb.js';

/** A service that answers with the token of the call, as the text of the status of a user. */
function options(): PresenceClientModuleOptions {
  return {
    transport: createRouterTransport(({ service }) => {
      service(PresenceService, {
        getPresence: ({ userId }, { requestHeader }) => ({
          presence: { userId, statusText: requestHeader.get('authorization') ?? '' },
        }),
      });
    }),
    tokens: { secret: 'a-secret-of-the-tests-32-bytes-or-more' },
  };
}

/** A feature of an application that uses the client. */
@Injectable()
class Friends {
  constructor(
    readonly presence: PresenceClient<{ doc?: string }>,
    @Inject(PresenceTokenService) readonly tokens: PresenceTokenService,
  ) {}
}

@Module({ providers: [Friends] })
class FriendsModule {}

@Injectable()
class Options implements PresenceClientOptionsFactory {
  createPresenceClientOptions = options;
}

async function start(...imports: (Type | ReturnType<typeof PresenceClientModule.forRoot>)[]) {
  const app = (await Test.createTestingModule({ imports }).compile()).createNestApplication({
    logger: false,
  });
  return app.init();
}

async function tokenOfCalls(presence: PresenceClient): Promise<Record<string, unknown>> {
  const { statusText } = await presence.get('ann');
  const [, claims = ''] = statusText.split('.');
  return JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
}

describe('The module for Nest', () => {
  it.each([
    ['forRoot', () => PresenceClientModule.forRoot({ ...options(), isGlobal: true })],
    [
      'forRootAsync with a factory',
      () =>
        PresenceClientModule.forRootAsync({ isGlobal: true, useFactory: async () => options() }),
    ],
    [
      'forRootAsync with a class',
      () => PresenceClientModule.forRootAsync({ isGlobal: true, useClass: Options }),
    ],
  ])('injects a client that calls as a backend: %s', async (_, module) => {
    const app = await start(module(), FriendsModule);
    const { presence } = app.get(Friends);
    expect(presence).toBeInstanceOf(PresenceClient);
    expect(await tokenOfCalls(presence)).toMatchObject({ sub: 'backend', scope: 'presence:admin' });
    await app.close();
  });

  it('uses the token of the application, if there is one', async () => {
    const signer = new PresenceTokenService(options());
    const { transport } = options();
    const app = await start(
      PresenceClientModule.forRoot({
        ...(transport && { transport }),
        token: () => signer.sign('shop'),
      }),
    );
    expect(await tokenOfCalls(app.get(PresenceClient))).toMatchObject({ sub: 'shop' });
    await app.close();
  });

  it('closes the client when the application shuts down', async () => {
    const app = await start(PresenceClientModule.forRoot(options()));
    const presence = app.get<PresenceClient>(PresenceClient);
    await app.close();
    await expect(presence.get('ann')).rejects.toMatchObject({ code: 'closed' });
  });

  it.each<[string, PresenceClientModuleOptions]>([
    ['`url` or `transport`', { tokens: options().tokens! }],
    ['`token` or `tokens`', { url: 'http://localhost:50051' }],
  ])('does not start without %s', async (what, wrong) => {
    await expect(start(PresenceClientModule.forRoot(wrong))).rejects.toThrow(what);
  });
});
