import { status } from '@grpc/grpc-js';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  JoinChannelRequest,
  StatusChoice,
} from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { SECRET, Service, tokenOf } from '../support/service.js';
import { callWithHeaders } from '../support/named-call.js';
import { NODES } from '../support/nodes.js';
import { Traces } from '../support/traces.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const PARENT_ID = 'b7ad6b7169203331';
const TRACEPARENT = `00-${TRACE_ID}-${PARENT_ID}-01`;
const JOIN = 'presence.v1.PresenceService/JoinChannel';

describe('A trace', () => {
  let traces: Traces;
  let service: Service;
  let token: string;
  beforeEach(async () => {
    traces = Traces.start();
    service = await Service.start();
    token = await tokenOf('ann');
  });
  afterEach(async () => {
    await service.stop();
    traces.stop();
  });

  /** Begins Ann's session. This call does not continue the trace of a caller. */
  async function openSession(): Promise<string> {
    return (await service.clientWithToken(token).connect()).sessionId;
  }

  /** Expects that the trace of the caller contains the call and all its spans down to the write. */
  function expectWholeTrace(): void {
    const [call] = traces.named(JOIN, TRACE_ID);
    expect(call!.parentSpanContext?.spanId).toBe(PARENT_ID);
    expect(call!.kind).toBe(SpanKind.SERVER);
    expect(call!.attributes).toEqual({
      'rpc.system': 'grpc',
      'rpc.service': 'presence.v1.PresenceService',
      'rpc.method': 'JoinChannel',
      'rpc.grpc.status_code': status.OK,
    });
    const [update] = traces.named('update', TRACE_ID);
    expect(update!.parentSpanContext?.spanId).toBe(call!.spanContext().spanId);
    expect(update!.attributes).toEqual({ 'presence.input': 'joinChannel' });
    // A single node writes to no Redis.
    const written = traces.named('commit to Redis', TRACE_ID);
    expect(written).toHaveLength(NODES === 1 ? 0 : 1);
    for (const { kind, attributes, parentSpanContext } of written) {
      expect(parentSpanContext?.spanId).toBe(update!.spanContext().spanId);
      expect(kind).toBe(SpanKind.CLIENT);
      expect(attributes).toEqual({
        'db.system.name': 'redis',
        'db.operation.name': 'EVALSHA',
        'db.operation.batch.size': 1,
      });
    }
  }

  it('continues from the gRPC caller to the commit', async () => {
    const sessionId = await openSession();
    const request = JoinChannelRequest.encode({
      sessionId,
      channelId: 'lobby',
      keepOthers: false,
    }).finish();
    const { error } = await callWithHeaders(
      service.address(),
      'PresenceService/JoinChannel',
      request,
      { authorization: `Bearer ${token}`, traceparent: TRACEPARENT },
    );
    expect(error).toBeNull();
    expectWholeTrace();
  });

  it('continues from the HTTP caller to the commit', async () => {
    const sessionId = await openSession();
    const { ok } = await fetch(`${service.httpUrl}/${JOIN}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        traceparent: TRACEPARENT,
      },
      body: JSON.stringify({ sessionId, channelId: 'lobby' }),
    });
    expect(ok).toBe(true);
    expectWholeTrace();
  });

  it('begins with a call whose caller has none, and with one that makes no sense', async () => {
    for (const traceparent of ['', 'not-a-trace']) {
      const headers = { authorization: `Bearer ${token}`, traceparent };
      await callWithHeaders(
        service.address(),
        'PresenceService/GetPresence',
        Buffer.alloc(0),
        headers,
      );
    }
    const calls = traces.spans.filter(({ name }) => name.endsWith('/GetPresence'));
    expect(calls).toHaveLength(2);
    for (const { parentSpanContext } of calls) expect(parentSpanContext).toBeUndefined();
  });

  it('has the code of a rejected call, which is not an error of the server', async () => {
    const ann = service.clientWithToken(token);
    await expect(ann.leaveChannel({ sessionId: 'no session' })).rejects.toThrow();
    const call = traces.spans.find(({ name }) => name.endsWith('/LeaveChannel'))!;
    expect(call.attributes).toMatchObject({ 'rpc.grpc.status_code': status.NOT_FOUND });
    expect(call.status).toEqual({ code: SpanStatusCode.UNSET });
    const { traceId } = call.spanContext();
    const [update] = traces.named('update', traceId);
    expect(update!.attributes).toMatchObject({ 'error.type': 'SESSION_NOT_FOUND' });
  });

  it('has a stream until its first message, with the commit that it waits for', async () => {
    const { stream } = await service.clientWithToken(token).connect();
    const call = traces.spans.find(({ name }) => name.endsWith('/Connect'))!;
    expect(call.attributes).toMatchObject({ 'rpc.grpc.status_code': status.OK });
    const [update] = traces.named('update', call.spanContext().traceId);
    expect(update!.parentSpanContext?.spanId).toBe(call.spanContext().spanId);
    expect(update!.attributes).toEqual({ 'presence.input': 'connect' });
    stream.cancel();
  });

  it('names no user, no channel, no session, no text and no token', async () => {
    const ann = service.clientWithToken(token);
    const { sessionId } = await ann.connect({ platform: 'toaster' });
    await ann.joinChannel({ sessionId, channelId: 'the attic' });
    const choice = StatusChoice.STATUS_CHOICE_INVISIBLE;
    await ann.updateStatus({ sessionId, choice, statusText: 'the text' });
    await ann.getPresence({ userId: 'the other' });
    await ann.subscribe({ userIds: ['the other'] }).beginning();
    await expect(ann.listSessions({ userId: 'the other' })).rejects.toThrow();
    const told = JSON.stringify(
      traces.spans.map(({ name, attributes, events, links, status: { message } }) => {
        return { name, attributes, events, links, message };
      }),
    );
    expect(told).toContain('UpdateStatus');
    const words = ['toaster', 'the attic', 'the text', 'the other', 'INVISIBLE', sessionId];
    for (const word of [...words, token, SECRET, 'eyJ', '"ann"']) expect(told).not.toContain(word);
  });
});
