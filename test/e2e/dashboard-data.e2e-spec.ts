import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { Service, tokenOf } from '../support/service.js';

interface Audit {
  readonly isOn: boolean;
  readonly cursor: string;
  readonly entries: readonly { readonly action: string; readonly userId: string }[];
}

describe('The data of the dashboard', () => {
  let service: Service;
  beforeAll(async () => void (service = await Service.start()));
  afterAll(() => service.stop());

  const get = (path: string, token?: string, headers: Record<string, string> = {}) =>
    fetch(`${service.httpUrl}/dashboard/${path}`, {
      headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    });
  const adminToken = (): Promise<string> => tokenOf('root', { isAdmin: true });

  async function audit(cursor = ''): Promise<Audit> {
    const response = await get(`audit?cursor=${cursor}`, await adminToken());
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    return (await response.json()) as Audit;
  }

  it.each(['audit', 'groups', 'metrics', 'metrics/history'])(
    '%s is for admins only',
    async (path) => {
      const headers = { 'presence-user': 'ann' };
      const ask = async (token?: string): Promise<unknown> => {
        const response = await get(path, token, headers);
        return [response.status, ((await response.json()) as { readonly reason?: string }).reason];
      };
      // The clock of the service stands still while this machine is slow.
      const now = service.clock.wall();
      expect(await ask()).toEqual([401, 'TOKEN_MISSING']);
      expect(await ask('nonsense')).toEqual([401, 'TOKEN_INVALID']);
      expect(await ask(await tokenOf('root', { isAdmin: true, ttlSeconds: -60, now }))).toEqual([
        401,
        'TOKEN_EXPIRED',
      ]);
      const moderator = await tokenOf('mona', { grants: { groups: ['acme'], moderate: ['*'] } });
      expect(await ask(moderator)).toEqual([403, 'ADMIN_SCOPE_REQUIRED']);
      expect(await ask(await adminToken())).toEqual([200, undefined]);

      const revoked = await tokenOf('fired', { isAdmin: true, now: now - 5000 });
      const admin = await service.client('root', { isAdmin: true });
      await admin.revokeTokens({ userId: 'fired' });
      expect(await ask(revoked)).toEqual([401, 'TOKEN_REVOKED']);
    },
  );

  it('has what admins and moderators did, each entry once', async () => {
    const { cursor } = await audit();
    const ann = await service.client('ann');
    const { sessionId } = await ann.connect();
    const admin = await service.client('root', { isAdmin: true });
    await admin.muteUser({ userId: 'ann', isSpeakerMuted: true });
    await admin.explainPresence({ userId: 'ann' });
    await admin.endSession({ sessionId });
    const { entries, ...next } = await audit(cursor);
    expect(entries).toMatchObject([
      { action: 'mute user', callerId: 'root', userId: 'ann', isSpeakerMuted: true },
      { action: 'end session', callerId: 'root', userId: 'ann', sessionId },
    ]);
    expect((await audit(next.cursor)).entries).toEqual([]);
    expect((await audit('another-node.1')).entries.slice(-2)).toEqual(entries);
  });

  it('has the groups of the sessions of a user, also of one who is invisible', async () => {
    const name = 'zoë/ä 1';
    const groupsOf = async (): Promise<unknown> => {
      const headers = { 'presence-user': encodeURIComponent(name) };
      return (await get('groups', await adminToken(), headers)).json();
    };
    expect(await groupsOf()).toEqual({ groups: [] });
    for (const groups of [
      ['b', 'c'],
      ['a', 'b'],
    ]) {
      const client = await service.client(name, { grants: { groups } });
      const { sessionId } = await client.connect();
      await client.updateStatus({ sessionId, choice: StatusChoice.STATUS_CHOICE_INVISIBLE });
    }
    expect(await groupsOf()).toEqual({ groups: ['a', 'b', 'c'] });
  });

  it('has the metrics that the dashboard shows, also if they have a port of their own', async () => {
    const other = await Service.start({ METRICS_PORT: '0' });
    const headers = { authorization: `Bearer ${await adminToken()}` };
    const read = async (): Promise<unknown> =>
      (await fetch(`${other.httpUrl}/dashboard/metrics`, { headers })).json();
    await (await other.client('ann')).connect();
    expect(await read()).toMatchObject({
      presence_store_sessions: 1,
      presence_events_total: 1,
      presence_webhook_requests_total: 0,
    });
    expect((await fetch(`${other.httpUrl}/metrics`)).status).toBe(404);
    await other.stop();
  });

  it.each(['', '%', 'a%00', 'x'.repeat(129)])('has no groups of the id %j', async (encoded) => {
    const response = await get('groups', await adminToken(), { 'presence-user': encoded });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { reason: 'INVALID_FIELD' },
    ]);
  });

  it('is read and never written', async () => {
    const init = { method: 'POST', headers: { authorization: `Bearer ${await adminToken()}` } };
    for (const path of ['audit', 'groups', 'metrics', ''])
      expect((await fetch(`${service.httpUrl}/dashboard/${path}`, init)).status).toBe(404);
  });
});

describe('The data of the dashboard with HTTP_API=false', () => {
  it('is not served', async () => {
    const service = await Service.start({ HTTP_API: 'false' });
    const headers = { authorization: `Bearer ${await tokenOf('root', { isAdmin: true })}` };
    const response = await fetch(`${service.httpUrl}/dashboard/audit`, { headers });
    expect(response.status).toBe(404);
    await service.stop();
  });
});
