import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SessionRegistry } from '../../src/session/session-registry.js';
import type { Answer } from '../fuzz/answer.js';
import { Connection } from '../fuzz/connection.js';
import { eventually } from '../support/eventually.js';
import { Service, tokenOf } from '../support/service.js';

describe('The headers of a call', () => {
  let service: Service;
  let connection: Connection;
  let token: string;
  beforeAll(async () => {
    service = await Service.start();
    connection = new Connection(service.address());
    token = await tokenOf('ann');
  });
  afterAll(async () => {
    connection.close();
    await service.stop();
  });

  /** Calls a method with an empty request. */
  async function call(method: string, headers: Readonly<Record<string, string>>): Promise<Answer> {
    const path = `/presence.v1.SessionService/${method}`;
    const isStream = method === 'Connect';
    const answer = await connection.call({
      ...{ path, isStream, headers, token },
      ...{ contentType: 'application/grpc', body: Buffer.alloc(5) },
    });
    await eventually(() => service.sizeOf(SessionRegistry), 0);
    return answer;
  }

  it.each(['30000000S', '99999999S', '99999999M', '99999999H', '2147484S'])(
    'may give it %s, and it is not late before it began',
    async (timeout) => {
      expect((await call('ListSessions', { 'grpc-timeout': timeout })).code).toBe(status.OK);
      expect((await call('Connect', { 'grpc-timeout': timeout })).wasLeft).toBe(true);
    },
  );

  it.each(['1n', '1u', '0S', '00000000H'])(
    'may give it %s, which is over at once',
    async (timeout) => {
      // A unary call may succeed before the deadline. A stream ends at the deadline.
      const { code, wasLeft } = await call('Connect', { 'grpc-timeout': timeout });
      if (!wasLeft) expect(code).toBe(status.DEADLINE_EXCEEDED);
    },
  );

  it.each(['', '1', 'S', '1s', '-1S', '1.5S', '1 S', '1S1S', '100000000S', 'NaNS', '1S, 1S'])(
    'are INVALID_ARGUMENT with a timeout of "%s", and nothing begins',
    async (timeout) => {
      for (const method of ['ListSessions', 'Connect']) {
        const { code, message } = await call(method, { 'grpc-timeout': timeout });
        expect(code).toBe(status.INVALID_ARGUMENT);
        expect(message).toMatch(/^grpc-timeout must be /);
      }
    },
  );

  it.each([
    ['authorization', 'Bearer sécret', status.UNAUTHENTICATED],
    ['x-anything', 'tête', status.OK],
    ['x!anything', 'x', status.OK],
  ])(
    'are left out where gRPC has no such %s: %s, and not written to the log',
    async (name, value, code) => {
      const log = vi.spyOn(console, 'error');
      expect((await call('ListSessions', { [name]: value })).code).toBe(code);
      expect(log).not.toHaveBeenCalled();
      log.mockRestore();
    },
  );

  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS', 'post'])(
    'are answered with 405 when the method is %s',
    async (method) => {
      const { httpStatus, code } = await call('Connect', { ':method': method });
      expect([httpStatus, code]).toEqual([405, undefined]);
    },
  );

  it.each(['', 'text/plain', 'application/json', 'APPLICATION/GRPC'])(
    'are answered with 415 when the content type is "%s"',
    async (type) => {
      const { httpStatus, code } = await call('Connect', { 'content-type': type });
      expect([httpStatus, code]).toEqual([415, undefined]);
    },
  );
});
