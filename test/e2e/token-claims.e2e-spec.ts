import { status, type ServiceError } from '@grpc/grpc-js';
import { SignJWT, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.js';
import { EVERY_PROTOCOL, HttpChannel } from '../support/http-channel.js';
import { OVER_HTTP } from '../support/nodes.js';
import { SECRET, Service } from '../support/service.js';

const ISSUER = 'https://id.example/';
const AUDIENCE = 'presence';
const OTHER_ISSUER = 'https://id.example';
const OTHER_AUDIENCE = 'Presence';

function signed(claims: JWTPayload): Promise<string> {
  const token = new SignJWT({ sub: 'ann', ...claims }).setProtectedHeader({ alg: 'HS256' });
  return token.sign(Buffer.from(SECRET));
}

async function clientOf(service: Service, claims: JWTPayload): Promise<Client> {
  return service.clientWithToken(await signed(claims));
}

/** Returns the status of a call with a token of these claims. */
async function endingWith(service: Service, claims: JWTPayload) {
  const client = await clientOf(service, claims);
  return client.listSessions().then(
    () => ({ code: status.OK, details: '' }),
    ({ code, details }: ServiceError) => ({ code, details }),
  );
}

const ACCEPTED = { code: status.OK, details: '' };
const REFUSED = { code: status.UNAUTHENTICATED, details: 'token is not valid' };

describe('The issuer and the audience of a token', () => {
  describe('where both are configured', () => {
    let service: Service;
    beforeAll(async () => {
      service = await Service.start({ AUTH_JWT_ISSUER: ISSUER, AUTH_JWT_AUDIENCE: AUDIENCE });
    });
    afterAll(() => service.stop());

    it.each<[string, JWTPayload]>([
      ['both are what they must be', { iss: ISSUER, aud: AUDIENCE }],
      ['the audience is one of several', { iss: ISSUER, aud: ['chat', AUDIENCE] }],
    ])('let it in when %s', async (_what, claims) => {
      expect(await endingWith(service, claims)).toEqual(ACCEPTED);
    });

    it.each<[string, JWTPayload]>([
      ['says neither', {}],
      ['says no issuer', { aud: AUDIENCE }],
      ['says no audience', { iss: ISSUER }],
      ['is of another issuer, however alike', { iss: OTHER_ISSUER, aud: AUDIENCE }],
      ['is for another audience, however alike', { iss: ISSUER, aud: OTHER_AUDIENCE }],
      ['is for nobody', { iss: ISSUER, aud: [] }],
      ['has the two the wrong way round', { iss: AUDIENCE, aud: ISSUER }],
    ])('keep it out when it %s, without a word about which', async (_what, claims) => {
      expect(await endingWith(service, claims)).toEqual(REFUSED);
    });

    it('keep it out of streams, which leave nothing behind', async () => {
      const stranger = await clientOf(service, { iss: OTHER_ISSUER, aud: AUDIENCE });
      expect(await stranger.openSession().ended).toMatchObject(REFUSED);
      expect(await stranger.subscribe().ended).toMatchObject(REFUSED);
      const client = await clientOf(service, { iss: ISSUER, aud: AUDIENCE });
      expect(await client.listSessions()).toEqual({ sessions: [] });
    });
  });

  it.each<[string, Record<string, string>, JWTPayload, JWTPayload]>([
    [
      'issuer',
      { AUTH_JWT_ISSUER: ISSUER },
      { iss: ISSUER, aud: OTHER_AUDIENCE },
      { iss: OTHER_ISSUER, aud: AUDIENCE },
    ],
    [
      'audience',
      { AUTH_JWT_AUDIENCE: AUDIENCE },
      { iss: OTHER_ISSUER, aud: AUDIENCE },
      { iss: ISSUER, aud: OTHER_AUDIENCE },
    ],
  ])('are checked for the %s alone where only that is configured', async (_what, ...given) => {
    const [settings, good, bad] = given;
    const service = await Service.start(settings);
    try {
      expect(await endingWith(service, good)).toEqual(ACCEPTED);
      expect(await endingWith(service, bad)).toEqual(REFUSED);
    } finally {
      await service.stop();
    }
  });

  it('are not looked at where neither is configured', async () => {
    const service = await Service.start();
    try {
      expect(await endingWith(service, {})).toEqual(ACCEPTED);
      expect(await endingWith(service, { iss: OTHER_ISSUER, aud: 'chat' })).toEqual(ACCEPTED);
    } finally {
      await service.stop();
    }
  });
});

describe('A token that ends after the latest Timestamp', () => {
  let service: Service;
  beforeAll(async () => void (service = await Service.start()));
  afterAll(() => service.stop());

  it.each([253_402_300_800, Date.now(), 1e15, 2 ** 63, Number.MAX_VALUE])(
    'never ends, and nothing that is told of its session fails (exp %d)',
    async (exp) => {
      const userId = `ann-${exp}`;
      const token = await signed({ sub: userId, exp, scope: 'presence:admin' });
      const client = service.clientWithToken(token);
      const { sessionId } = await client.connect();
      const { sessions, nextTransition } = await client.explainPresence({ userId });
      expect(sessions).toMatchObject([{ session: { sessionId }, tokenExpiresAt: undefined }]);
      expect(nextTransition).toMatchObject({ kind: 1 });
      for (const protocol of EVERY_PROTOCOL) {
        const channelTo = (at: string) => new HttpChannel(at, [protocol]);
        const browser = service.clientWithToken(token, [new URL(service.httpUrl).host], channelTo);
        expect((await browser.explainPresence({ userId })).sessions).toHaveLength(1);
        expect((await browser.listSessions()).sessions).toHaveLength(1);
      }
    },
  );

  // A client over HTTP cannot encode a time outside the range of Timestamp.
  it
    .skipIf(OVER_HTTP)
    .each([[253_402_300_799], [-62_135_596_801], [253_402_300_800], [-(2 ** 53)]])(
    'does not make a status lapse at such a time either (%d)',
    async (seconds) => {
      const client = await service.client('ben', { isAdmin: true });
      const { sessionId } = await client.connect();
      const set = client.updateStatus({
        ...{ sessionId, choice: 3, expiresAt: { seconds, nanos: 0 } },
      });
      const isHeld = seconds === 253_402_300_799;
      if (isHeld) await set;
      else await expect(set).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
      const { choiceExpiresAt } = await client.explainPresence({ userId: 'ben' });
      if (isHeld) expect(choiceExpiresAt).toEqual({ seconds, nanos: 0 });
      await client.updateStatus({ sessionId, choice: 1 });
    },
  );
});
