import { readFileSync } from 'node:fs';
import { status } from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { MetricsServer } from '../../src/metrics/metrics-server.js';
import { Authority } from '../support/certificates.js';
import type { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { Figures, type Labels } from '../support/figures.js';
import { NODES } from '../support/nodes.js';
import { Service } from '../support/service.js';
import { TlsFolder } from '../support/tls-folder.js';

const { STATUS_CHOICE_DO_NOT_DISTURB, STATUS_CHOICE_INVISIBLE } = StatusChoice;

describe('GET /metrics', () => {
  let service: Service;
  let ann: Client;
  beforeEach(async () => {
    service = await Service.start();
    ann = await service.client('ann');
  });
  afterEach(() => service.stop());

  /** Returns the sum of a metric over all nodes. */
  async function total(name: string, labels: Labels = {}): Promise<number> {
    return (await Figures.of(service)).total(name, labels);
  }

  /** Waits until the metric has this value on each node. */
  async function allHave(name: string, labels: Labels, value: number): Promise<void> {
    const read = async (): Promise<unknown> => (await Figures.of(service)).onEach(name, labels);
    await eventually(
      read,
      Array.from({ length: NODES }, () => value),
    );
  }

  it('does not count users of whom others know nothing, also beyond MAX_OFFLINE_USERS', async () => {
    await service.stop();
    service = await Service.start({ MAX_OFFLINE_USERS: '1' });
    for (const name of ['ghost', 'bob', 'cem']) {
      const user = await service.client(name);
      const { sessionId, stream } = await user.connect();
      if (name === 'ghost') await user.updateStatus({ sessionId, choice: STATUS_CHOICE_INVISIBLE });
      else {
        stream.cancel();
        await stream.ended;
      }
    }
    await eventually(() => total('presence_commands_total', { kind: 'disconnect' }), 2);
    expect(await total('presence_users', { status: 'OFFLINE' })).toBe(1);
    expect(await total('presence_store_users')).toBe(1);
    expect(await total('presence_node_sessions')).toBe(1);
  });

  it('reports the state of the process and of the store', async () => {
    const response = await fetch(`${service.httpUrl}/metrics`);
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    const lines = (await response.text()).split('\n');
    expect(lines).toContain('presence_store_up 1');
    expect(lines).toContain('presence_store_errors_total 0');
    expect(lines).toContain('presence_store_fenced_total 0');
    for (const name of ['users', 'sessions', 'timers']) {
      expect(lines).toContain(`presence_store_${name} 0`);
    }
    for (const name of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_p99_seconds']) {
      expect(lines.some((line) => line.startsWith(name))).toBe(true);
    }
  });

  it('describes each metric', async () => {
    const text = await (await fetch(`${service.httpUrl}/metrics`)).text();
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    const explained = [...text.matchAll(/^# HELP (\S+) \S/gm)].map(([, name]) => name);
    expect(explained).toEqual(names);
  });

  it('counts and times unary calls by method and code', async () => {
    for (let i = 0; i < 3; i++) await ann.getPresence({ userId: 'bob' });
    const unknown = ann.joinChannel({ sessionId: 'no session', channelId: 'lobby' });
    await expect(unknown).rejects.toMatchObject({ code: status.NOT_FOUND });
    const nobody = service.clientWithToken(undefined).listSessions();
    await expect(nobody).rejects.toMatchObject({ code: status.UNAUTHENTICATED });

    const figures = await Figures.of(service);
    const calls = (method: string, code: string): number =>
      figures.total('presence_rpc_duration_seconds_count', { method, code });
    const service3 = { service: 'presence.v1.PresenceService', method: 'GetPresence' };
    expect(figures.total('presence_rpc_duration_seconds_count', service3)).toBe(3);
    expect(calls('GetPresence', 'OK')).toBe(3);
    expect(calls('JoinChannel', 'OK')).toBe(0);
    expect(calls('JoinChannel', 'NOT_FOUND')).toBe(1);
    expect(calls('ListSessions', 'UNAUTHENTICATED')).toBe(1);
    expect(figures.total('presence_rpc_duration_seconds_count')).toBe(5);

    const ofGets = { method: 'GetPresence', code: 'OK' };
    const buckets = { ...ofGets, le: '+Inf' };
    expect(figures.total('presence_rpc_duration_seconds_bucket', buckets)).toBe(3);
    expect(figures.total('presence_rpc_duration_seconds_sum', ofGets)).toBeGreaterThan(0);
  });

  it('counts errors by the reason that the client received', async () => {
    const unknown = ann.joinChannel({ sessionId: 'no session', channelId: 'lobby' });
    await expect(unknown).rejects.toThrow();
    expect(await total('presence_errors_total', { reason: 'SESSION_NOT_FOUND' })).toBe(1);
    expect(await total('presence_errors_total')).toBe(1);
  });

  it('counts streams that are open, and those that ended by code', async () => {
    const streams = { service: 'presence.v1.SessionService', method: 'Connect' };
    const first = await ann.connect();
    const second = await ann.connect();
    await ann.subscribe().beginning();
    expect(await total('presence_streams', streams)).toBe(2);
    expect(await total('presence_streams')).toBe(3);
    expect(await total('presence_stream_first_message_seconds_count', streams)).toBe(2);

    await ann.endSession({ sessionId: first.sessionId });
    await first.stream.ended;
    second.stream.cancel();
    const ended = (code: string) => () =>
      total('presence_streams_ended_total', { ...streams, code });
    await eventually(ended('CANCELLED'), 1);
    await eventually(ended('ABORTED'), 1);
    expect(await total('presence_streams', streams)).toBe(0);
  });

  it('counts commands by kind and outcome', async () => {
    const { sessionId, stream } = await ann.connect();
    for (const channelId of ['lobby', 'attic', 'attic']) {
      await ann.joinChannel({ sessionId, channelId });
    }
    await expect(ann.leaveChannel({ sessionId: 'no session' })).rejects.toThrow();
    const commands = (kind: string, outcome: string): Promise<number> =>
      total('presence_commands_total', { kind, outcome });
    expect(await commands('connect', 'committed')).toBe(1);
    expect(await commands('join_channel', 'committed')).toBe(3);
    expect(await commands('leave_channel', 'rejected')).toBe(1);
    stream.cancel();
    await eventually(() => commands('disconnect', 'committed'), 1);
    expect(await total('presence_commands_total')).toBe(6);
  });

  it('counts events by kind, on every node, and each as often as it was delivered', async () => {
    const watcher = (await service.client('watcher')).subscribe();
    const channels = (await service.client('watcher')).subscribe({ channelIds: ['lobby'] });
    await watcher.beginning();
    await channels.beginning();
    const { sessionId } = await ann.connect();
    await ann.joinChannel({ sessionId, channelId: 'lobby' });
    await ann.joinChannel({ sessionId, channelId: 'attic' });
    await watcher.nextEvents(3);
    await channels.nextEvents(2);

    await allHave('presence_events_total', { kind: 'USER_ONLINE' }, 1);
    await allHave('presence_events_total', { kind: 'USER_CHANNEL_CHANGED' }, 2);
    await allHave('presence_events_total', {}, 3);
    expect(await total('presence_subscribers')).toBe(2);
    expect(await total('presence_subscribers_lagging')).toBe(0);
    expect(await total('presence_events_delivered_total')).toBe(5);
    const messages = await total('presence_delivery_messages_total');
    expect(messages).toBeGreaterThanOrEqual(2);
    const slices = await total('presence_delivery_delay_seconds_count');
    expect(slices).toBeGreaterThanOrEqual(1);
    expect(slices).toBeLessThanOrEqual(messages);
  });

  it('counts users by the status that others are shown: who is invisible is OFFLINE', async () => {
    await ann.connect();
    for (const [userId, choice] of [
      ['busy', STATUS_CHOICE_DO_NOT_DISTURB],
      ['ghost', STATUS_CHOICE_INVISIBLE],
    ] as const) {
      const client = await service.client(userId);
      const { sessionId } = await client.connect();
      await client.updateStatus({ sessionId, choice });
    }
    await allHave('presence_users', { status: 'ONLINE' }, 1);
    await allHave('presence_users', { status: 'DO_NOT_DISTURB' }, 1);
    await allHave('presence_users', { status: 'OFFLINE' }, 1);
    await allHave('presence_users', {}, 3);
  });

  it('counts subscriptions that begin anew because their token is of another time', async () => {
    const other = await Service.start();
    const beginning = await (await other.client('ann')).subscribe().beginning();
    await other.stop();
    const { resumeToken } = beginning;
    expect((await ann.subscribe({ resumeToken }).beginning()).isReset).toBe(true);
    expect(await total('presence_subscription_resets_total', { reason: 'resume_token' })).toBe(1);
    expect(await total('presence_subscription_resets_total')).toBe(1);
  });

  it('says which build runs on each node', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const build = { version, commit: '', node_version: process.version };
    await allHave('presence_build_info', build, 1);
  });

  it('has no certificate metric without TLS', async () => {
    const { about } = await Figures.of(service);
    expect(about.some(({ name }) => name.includes('certificate'))).toBe(false);
  });
});

describe('GET /metrics with TLS', () => {
  it('has the expiry of the certificate', async () => {
    const identity = await (await Authority.make('root')).server();
    const folder = await TlsFolder.with(identity);
    const service = await Service.start(folder.settings);
    const { X509Certificate } = await import('node:crypto');
    const { validTo } = new X509Certificate(identity.cert);
    const figures = await Figures.of(service);
    const expected = Array.from({ length: NODES }, () => Date.parse(validTo) / 1000);
    expect(figures.onEach('presence_tls_certificate_expiry_timestamp_seconds')).toEqual(expected);
    await service.stop();
    await folder.remove();
  });
});

describe('METRICS_PORT', () => {
  let service: Service;
  let url: string;
  beforeEach(async () => {
    service = await Service.start({ METRICS_PORT: '0' });
    url = `http://127.0.0.1:${service.all(MetricsServer)[0].port}`;
  });
  afterEach(() => service.stop());

  it('serves the metrics there, and no longer on the HTTP port', async () => {
    const response = await fetch(`${url}/metrics`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(Registry.PROMETHEUS_CONTENT_TYPE);
    expect(await response.text()).toMatch(/^presence_node_sessions 0$/m);
    expect((await fetch(`${service.httpUrl}/metrics`)).status).toBe(404);
  });

  it('serves nothing else there, and health on the HTTP port', async () => {
    expect((await fetch(`${service.httpUrl}/health/live`)).status).toBe(200);
    for (const path of ['/', '/health', '/metrics/more']) {
      expect((await fetch(url + path)).status, path).toBe(404);
    }
    const response = await fetch(`${url}/metrics`, { method: 'POST', body: 'x' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });

  it('answers HEAD, and a request with a query', async () => {
    const response = await fetch(`${url}/metrics?format=text`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  it('is closed when the node has stopped, although a scraper keeps its connection', async () => {
    await (await fetch(`${url}/metrics`)).text();
    await service.stop();
    await expect(fetch(`${url}/metrics`)).rejects.toThrow();
    service = await Service.start();
  });
});
