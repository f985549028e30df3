import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Description } from '../support/openapi.js';
import { Service, tokenOf } from '../support/service.js';

describe('docs/openapi.yaml', () => {
  const description = new Description();
  let service: Service;
  let token: string;
  beforeAll(async () => {
    service = await Service.start();
    token = await tokenOf('ann', { isAdmin: true });
  });
  afterAll(() => service.stop());

  /** Calls a unary method, and returns its response in JSON. */
  async function call(method: string, request: object): Promise<{ status: number; body: object }> {
    const response = await fetch(`${service.httpUrl}/presence.v1.${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    return { status: response.status, body: (await response.json()) as object };
  }

  it('is valid OpenAPI', async () => {
    expect(await description.mistakes()).toBeUndefined();
    expect(description.document.openapi).toBe('3.1.0');
  });

  it('names paths that the service serves, with their content types', async () => {
    for (const [path, { post }] of Object.entries(description.document.paths)) {
      const [contentType] = Object.keys(post.requestBody.content);
      const options = { method: 'POST', headers: { 'content-type': 'text/plain' } };
      const response = await fetch(service.httpUrl + path, options);
      // The service knows the path, and lists what it accepts there.
      expect(response.status, path).toBe(415);
      expect(response.headers.get('accept-post')!.split(', '), path).toContain(contentType);
    }
  });

  it('describes requests and responses as the service reads and writes them', async () => {
    const client = await service.client('ann');
    const { sessionId } = await client.connect();
    const statusText = 'in a meeting';
    for (const [method, request] of [
      ['PresenceService/JoinChannel', { sessionId, channelId: 'lobby' }],
      ['PresenceService/UpdateMuteState', { sessionId, isMicrophoneMuted: true }],
      [
        'PresenceService/UpdateStatus',
        { sessionId, choice: 'STATUS_CHOICE_DO_NOT_DISTURB', statusText },
      ],
      ['PresenceService/UpdateAttributes', { sessionId, set: { typing: 'yes' } }],
      ['PresenceService/GetPresence', { userId: 'ann' }],
      ['PresenceService/BatchGetPresences', { userIds: ['ann', 'ben'] }],
      ['PresenceService/ListOnlineUsers', { pageSize: 1 }],
      ['PresenceService/ListChannelMembers', { channelId: 'lobby' }],
      ['PresenceService/CountPresences', { channelIds: ['lobby'] }],
      ['PresenceService/ExplainPresence', { userId: 'ann' }],
      ['PresenceService/UpdateHiddenFrom', { userIds: ['ben'] }],
      ['PresenceService/GetHiddenFrom', {}],
      ['SessionService/ListSessions', {}],
      ['SessionService/Heartbeat', { sessionId }],
      ['SessionService/EndSession', { sessionId }],
    ] as const) {
      const [, name = ''] = method.split('/');
      const { status, body } = await call(method, request);
      expect({ method, status, body }).toMatchObject({ status: 200 });
      expect(description.difference(`${name}Request`, request), method).toBeUndefined();
      expect(description.difference(`${name}Response`, body), method).toBeUndefined();
    }
  });

  it('describes errors', async () => {
    const { status, body } = await call('SessionService/Heartbeat', { sessionId: 'unknown' });
    expect(status).toBe(404);
    expect(body).toMatchObject({ code: 'not_found' });
    expect(description.difference('Error', body)).toBeUndefined();
  });

  it('rejects what the service rejects: unknown fields, numbers for text, names of no value', () => {
    const differs = (message: string, value: object) => description.difference(message, value);
    expect(differs('GetPresenceRequest', { user: 'ann' })).toMatch(/additional properties/);
    expect(differs('GetPresenceRequest', { userId: 7 })).toMatch(/must be string/);
    expect(differs('UpdateStatusRequest', { choice: 'SLEEPING' })).toMatch(/allowed values/);
  });
});
