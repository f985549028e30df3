import {
  Client as GrpcClient,
  credentials,
  Metadata,
  status,
  type ServiceError,
} from '@grpc/grpc-js';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TokenVerifier } from '../../src/auth/token-verifier.js';
import { packageDefinition } from '../../src/api/codecs.js';
import { SessionRegistry } from '../../src/session/session-registry.js';
import type { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { Flag, frame, FrameType, grpcMessage } from '../support/http2-frames.js';
import { Http2Peer } from '../support/http2-peer.js';
import { SECRET, Service, tokenOf } from '../support/service.js';

/** Every RPC of the contract, so that a new one cannot be forgotten. */
const RPCS = Object.values(packageDefinition())
  .flatMap((service) => Object.values(service))
  .map(({ path, responseStream }) => ({
    rpc: path.replace('/presence.v1.', ''),
    isStream: responseStream,
  }));

const NOTHING = Buffer.alloc(0);

describe('Every RPC', () => {
  let service: Service;
  beforeAll(async () => void (service = await Service.start()));
  afterAll(() => service.stop());

  /** Calls a method with this token and an empty request. Returns the status code. */
  async function callWith(
    token: string | undefined,
    { rpc, isStream }: (typeof RPCS)[number],
    bytes = NOTHING,
  ): Promise<{ code: number; details: string }> {
    const client = service.clientWithToken(token);
    if (isStream) return client.streamWithBytes(rpc, bytes).ended;
    return client.callWithBytes(rpc, bytes).then(
      () => ({ code: status.OK, details: '' }),
      (error: ServiceError) => error,
    );
  }

  it('is in this test', () => {
    expect(RPCS.length).toBeGreaterThanOrEqual(14);
    expect(RPCS.filter(({ isStream }) => isStream)).toHaveLength(3);
  });

  describe.each(RPCS)('such as $rpc', (rpc) => {
    it('is rejected without a token', async () => {
      expect(await callWith(undefined, rpc)).toMatchObject({
        code: status.UNAUTHENTICATED,
        details: 'no token',
      });
    });

    it('is rejected with a token that is not one, expired or signed with another key', async () => {
      const expired = await tokenOf('ann', { ttlSeconds: -60 });
      const forged = (await tokenOf('ann')).replace(/[^.]+$/, 'AAAA');
      expect(await callWith('not-a-token', rpc)).toMatchObject({
        code: status.UNAUTHENTICATED,
        details: 'token is not valid',
      });
      expect(await callWith(forged, rpc)).toMatchObject({
        code: status.UNAUTHENTICATED,
        details: 'token is not valid',
      });
      expect(await callWith(expired, rpc)).toMatchObject({
        code: status.UNAUTHENTICATED,
        details: 'token expired',
      });
    });

    it('is rejected for the missing token before its request is looked at', async () => {
      const malformed = Buffer.from([0xff]);
      const { code } = await callWith(undefined, rpc, malformed);
      expect(code).toBe(status.UNAUTHENTICATED);
    });
  });

  it('leaves nothing behind when it is rejected', async () => {
    const reader = await service.client('reader', { isAdmin: true });
    expect(service.sizeOf(SessionRegistry)).toBe(0);
    expect(await reader.listOnlineUsers()).toMatchObject({ presences: [], totalSize: 0 });
    expect(await reader.listSessions({ userId: 'ann' })).toEqual({ sessions: [] });
  });
});

describe('A token', () => {
  let service: Service;
  let client: GrpcClient;
  beforeAll(async () => {
    service = await Service.start();
    client = new GrpcClient(service.address(), credentials.createInsecure());
  });
  afterAll(async () => {
    client.close();
    await service.stop();
  });

  /** Returns the code of a `ListSessions` call with this value of `authorization`. */
  function codeWith(value: string): Promise<number> {
    const metadata = new Metadata();
    metadata.set('authorization', value);
    return new Promise((resolve) => {
      client.makeUnaryRequest(
        '/presence.v1.SessionService/ListSessions',
        (bytes: Buffer) => bytes,
        (bytes) => bytes,
        NOTHING,
        metadata,
        (error) => resolve(error?.code ?? status.OK),
      );
    });
  }

  async function sign(claims: Record<string, unknown>, alg = 'HS256'): Promise<string> {
    const token = new SignJWT(claims).setProtectedHeader({ alg });
    return `Bearer ${await token.sign(Buffer.from(SECRET))}`;
  }

  it('is taken from "authorization: Bearer", whose first word may be written in any case', async () => {
    const token = await tokenOf('ann');
    expect(await codeWith(`Bearer ${token}`)).toBe(status.OK);
    expect(await codeWith(`bearer  ${token}`)).toBe(status.OK);
    for (const value of [token, `Basic ${token}`, `Bearer${token}`, 'Bearer', 'Bearer a b']) {
      expect(await codeWith(value)).toBe(status.UNAUTHENTICATED);
    }
  });

  it('is the first where a call brings two, and no other is looked at', async () => {
    // The first step for every token, cached or not.
    const look = vi.spyOn(TokenVerifier.prototype, 'fromCache');
    const [first, second] = [await tokenOf('ann'), await tokenOf('root', { isAdmin: true })];
    const peer = await Http2Peer.to(service.address());
    const more = { authorization: `Bearer ${second}` };
    const stream = peer.open('SessionService/ListSessions', first, more);
    void peer.send(frame(FrameType.DATA, Flag.END_STREAM, stream, grpcMessage(NOTHING)));
    await eventually(() => look.mock.calls.length > 0, true);
    expect(new Set(look.mock.calls.flat())).toEqual(new Set([first]));
    peer.destroy();
    look.mockRestore();
  });

  it('is rejected without a signature, or with another algorithm than the key is for', async () => {
    const unsigned = new UnsecuredJWT({ sub: 'ann' }).encode();
    expect(await codeWith(`Bearer ${unsigned}`)).toBe(status.UNAUTHENTICATED);
    expect(await codeWith(await sign({ sub: 'ann' }, 'HS512'))).toBe(status.UNAUTHENTICATED);
    expect(await codeWith(await sign({ sub: 'ann' }))).toBe(status.OK);
  });

  it('is rejected when its subject cannot be a user', async () => {
    const subjects = [
      undefined,
      '',
      7,
      'x'.repeat(129),
      '😀'.repeat(129),
      'tab\t',
      '\ud800',
      ['a'],
    ];
    for (const sub of subjects) {
      expect(await codeWith(await sign({ sub }))).toBe(status.UNAUTHENTICATED);
    }
    for (const sub of ['x'.repeat(128), '😀'.repeat(128), ' ', 'a/b c']) {
      expect(await codeWith(await sign({ sub }))).toBe(status.OK);
    }
  });

  it('is rejected before it becomes valid', async () => {
    const now = Math.floor(Date.now() / 1000);
    expect(await codeWith(await sign({ sub: 'ann', nbf: now + 60 }))).toBe(status.UNAUTHENTICATED);
    expect(await codeWith(await sign({ sub: 'ann', nbf: now - 60 }))).toBe(status.OK);
  });

  it('may name other users only with the scope presence:admin, word for word', async () => {
    const list = async (scope: unknown): Promise<number> => {
      const token = (await sign({ sub: 'ann', scope })).slice('Bearer '.length);
      const other: Client = service.clientWithToken(token);
      return other.listSessions({ userId: 'ben' }).then(
        () => status.OK,
        (error: ServiceError) => error.code,
      );
    };
    for (const scope of ['presence:admin', 'a presence:admin b', ['presence:admin']]) {
      expect(await list(scope)).toBe(status.OK);
    }
    for (const scope of [undefined, '', 'presence:admins', 'presence', 'PRESENCE:ADMIN', true]) {
      expect(await list(scope)).toBe(status.PERMISSION_DENIED);
    }
  });

  it('is not needed for health', async () => {
    const code = await new Promise((resolve) => {
      client.makeUnaryRequest(
        '/grpc.health.v1.Health/Check',
        (bytes: Buffer) => bytes,
        (bytes) => bytes,
        NOTHING,
        (error) => resolve(error?.code ?? status.OK),
      );
    });
    expect(code).toBe(status.OK);
  });

  it('is not needed for reflection', async () => {
    const call = client.makeBidiStreamRequest(
      '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
      (bytes: Buffer) => bytes,
      (bytes) => bytes,
    );
    // An empty list_services request.
    call.write(Buffer.from([0x3a, 0x00]));
    const answer = await new Promise<Buffer>((resolve, reject) => {
      call.once('data', resolve);
      call.once('error', reject);
    });
    expect(answer.toString()).toContain('presence.v1.SessionService');
    call.end();
  });
});
