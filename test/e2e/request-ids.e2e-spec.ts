import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GetPresenceRequest } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { SessionRegistry } from '../../src/session/session-registry.js';
import { PresenceStore } from '../../src/store/presence-store.js';
import { CapturedLog } from '../support/captured-log.js';
import { eventually } from '../support/eventually.js';
import { callWithHeaders, type NamedAnswer } from '../support/named-call.js';
import { Service, tokenOf } from '../support/service.js';

const GET = 'PresenceService/GetPresence';
const MADE_UP = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

describe('A request id', () => {
  let service: Service;
  let authorization: string;
  let log: CapturedLog;
  beforeEach(async () => {
    service = await Service.start();
    authorization = `Bearer ${await tokenOf('ann')}`;
    log = CapturedLog.start();
  });
  afterEach(async () => {
    log.restore();
    await service.stop();
  });

  function overGrpc(headers: Readonly<Record<string, string>>): Promise<NamedAnswer> {
    const request = GetPresenceRequest.encode({ userId: 'bob' }).finish();
    return callWithHeaders(service.address(), GET, request, { authorization, ...headers });
  }

  function overHttp(headers: Readonly<Record<string, string>>): Promise<Response> {
    return fetch(`${service.httpUrl}/presence.v1.${GET}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization, ...headers },
      body: '{"userId":"bob"}',
    });
  }

  /** Makes every call that reads a user fail with an unexpected error. */
  function breakStores(): void {
    for (const { view } of service.all(PresenceStore)) {
      vi.spyOn(view, 'awaitCurrent').mockRejectedValue(new Error('boom'));
    }
  }

  it('is returned with the response if the caller set it', async () => {
    const { headers, error } = await overGrpc({ 'x-request-id': 'edge-1' });
    expect(error).toBeNull();
    expect(headers.get('x-request-id')).toEqual(['edge-1']);
    expect((await overHttp({ 'x-request-id': 'edge-2' })).headers.get('x-request-id')).toBe(
      'edge-2',
    );
  });

  it('is returned with an error if the caller set it', async () => {
    const named = { 'x-request-id': 'edge-1', authorization: 'Bearer nonsense' };
    const { headers, error } = await overGrpc(named);
    expect(error?.code).toBe(status.UNAUTHENTICATED);
    expect(headers.get('x-request-id')).toEqual(['edge-1']);
    const response = await overHttp(named);
    expect([response.status, response.headers.get('x-request-id')]).toEqual([401, 'edge-1']);
  });

  it('is not made up for a call of which there is nothing to log', async () => {
    expect((await overGrpc({})).headers.get('x-request-id')).toEqual([]);
    expect((await overHttp({})).headers.get('x-request-id')).toBeNull();
  });

  it('is not returned if it is malformed', async () => {
    const id = 'x'.repeat(65);
    expect((await overGrpc({ 'x-request-id': id })).headers.get('x-request-id')).toEqual([]);
    expect((await overHttp({ 'x-request-id': id })).headers.get('x-request-id')).toBeNull();
  });

  it('is in the log entry of the error, in the message of the error, and in the response', async () => {
    breakStores();
    const { headers, error } = await overGrpc({ 'x-request-id': 'edge-1' });
    expect(error?.details).toBe('internal error, request id edge-1');
    expect(headers.get('x-request-id')).toEqual(['edge-1']);
    expect(log.text).toMatch(/boom[^]*requestId: 'edge-1'/);

    const response = await overHttp({});
    const made = response.headers.get('x-request-id')!;
    expect(made).toMatch(MADE_UP);
    expect(await response.json()).toMatchObject({
      message: `internal error, request id ${made}`,
    });
    expect(log.text).toContain(`requestId: '${made}'`);
  });

  it('is in the log entries for the beginning and the end of a session, and in no others', async () => {
    const { stream } = await (await service.client('ann')).connect();
    const [, requestId] = /'A session began' \{ requestId: '([^']*)' \}/.exec(log.text) ?? [];
    expect(requestId).toMatch(MADE_UP);
    stream.cancel();
    await eventually(() => service.sizeOf(SessionRegistry), 0);
    expect(log.text).toMatch(
      new RegExp(`'A session ended' {\\s+requestId: '${requestId}',\\s+reason: 'DISCONNECTED'`),
    );
  });
});
