import { status, type ServiceError } from '@grpc/grpc-js';
import { Logger } from '@nestjs/common';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CommandExecutor } from '../../src/commands/command-executor.js';
import { CapturedLog } from '../support/captured-log.js';
import { SECRET, Service, tokenOf } from '../support/service.js';

const MALFORMED = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4iLA.bm90LWEtc2lnbmF0dXJlLWF0LWFsbA';

describe('A log line', () => {
  let service: Service;
  let log: CapturedLog;
  beforeAll(async () => {
    service = await Service.start({ LOG_LEVEL: 'verbose' });
    log = CapturedLog.start();
  });
  afterAll(async () => {
    log.restore();
    await service.stop();
  });

  it('never holds a token, or a part of one that proves or says anything, however its call ends', async () => {
    const claims = { sub: 'ann', email: 'ann@example.org' };
    const sign = (more: object, key = SECRET): Promise<string> =>
      new SignJWT({ ...claims, ...more })
        .setProtectedHeader({ alg: 'HS256' })
        .sign(Buffer.from(key));
    const good = await tokenOf('ann');
    const admin = await tokenOf('root', { isAdmin: true });
    const bad = [
      await sign({ exp: 1 }),
      await sign({ nbf: 1e10 }),
      await sign({}, 'another secret, which has 32 bytes'),
      await sign({ sub: 'tab\t' }),
      await sign({ padding: 'x'.repeat(8_000) }),
      good.slice(0, -1),
      MALFORMED,
      'not-even-a-token-of-the-usual-form',
    ];

    for (const token of bad) {
      const client = service.clientWithToken(token);
      await expect(client.listSessions()).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
      expect((await client.openSession().ended).code).toBe(status.UNAUTHENTICATED);
    }
    const ann = service.clientWithToken(good);
    const { sessionId, stream } = await ann.connect();
    await ann.joinChannel({ sessionId, channelId: 'lobby' });
    await expect(ann.listSessions({ userId: 'ben' })).rejects.toMatchObject({
      code: status.PERMISSION_DENIED,
    });
    const root = service.clientWithToken(admin);
    expect((await root.listSessions({ userId: 'ann' })).sessions).toHaveLength(1);

    // An unexpected error is logged with all its properties.
    const boom = new Error('the unforeseen');
    for (const commands of service.all(CommandExecutor)) {
      vi.spyOn(commands, 'execute').mockRejectedValue(boom);
    }
    const failed = await ann
      .joinChannel({ sessionId, channelId: 'bar' })
      .catch((error) => error as ServiceError);
    expect(failed).toMatchObject({ code: status.INTERNAL });
    expect((failed as ServiceError).details).not.toContain(boom.message);
    expect(log.text).toContain(boom.message);
    stream.cancel();

    for (const token of [...bad, good, admin]) {
      const [, payload = token, signature = token] = token.split('.');
      for (const part of [token, payload, signature]) expect(log.text).not.toContain(part);
    }
    for (const secret of [SECRET, 'ann@example.org', 'Bearer', 'eyJ']) {
      expect(log.text).not.toContain(secret);
    }
  });

  it('never holds a token with characters that no header of gRPC may have', async () => {
    const authorization = 'Bearer caf\u00e9-token';
    const { status: answered } = await fetch(
      `${service.httpUrl}/presence.v1.PresenceService/ListOnlineUsers`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: '{}',
      },
    );
    expect(answered).toBe(401);
    expect(log.text).not.toContain('caf\u00e9');
  });

  it('would be found by this test', () => {
    new Logger('Careless').debug('seen');
    console.error(new Error('thrown', { cause: { authorization: 'caused' } }));
    for (const word of ['seen', 'thrown', 'caused']) expect(log.text).toContain(word);
  });
});
