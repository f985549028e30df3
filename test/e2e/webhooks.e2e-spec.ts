import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { SigningKeyFile, SigningKeys } from '../../src/webhooks/signing-keys.js';
import { CapturedLog } from '../support/captured-log.js';
import { eventually } from '../support/eventually.js';
import { Figures } from '../support/figures.js';
import { MountedFiles } from '../support/mounted-files.js';
import { Service, type ServiceOptions } from '../support/service.js';
import { WEBHOOK_SECRET, WebhookReceiver } from '../support/webhook-receiver.js';

const { STATUS_CHOICE_AWAY, STATUS_CHOICE_INVISIBLE } = StatusChoice;

/** Quick enough that no test waits for seconds. */
const QUICK = { webhookRetryMs: 20 };

describe('Webhooks of one node in memory', () => {
  let backend: WebhookReceiver;
  let service: Service;
  beforeEach(async () => void (backend = await WebhookReceiver.start()));
  afterEach(async () => {
    await service.stop();
    await backend.stop();
  });

  async function start(
    settings: Readonly<Record<string, string>> = {},
    fixed: ServiceOptions['fixed'] = {},
  ): Promise<void> {
    service = await Service.start(
      { ...backend.settings, ...settings },
      { fixed: { ...QUICK, ...fixed } },
    );
  }

  /** Connects a user, changes its status and disconnects it. */
  async function visit(userId: string): Promise<void> {
    const user = await service.client(userId);
    const { sessionId, stream } = await user.connect();
    await user.updateStatus({ sessionId, choice: STATUS_CHOICE_AWAY });
    stream.cancel();
    await stream.ended;
  }

  const VISIT = ['user_online', 'user_status_changed', 'user_offline'];

  async function total(name: string, labels = {}): Promise<number> {
    return (await Figures.of(service)).total(name, labels);
  }

  it('deliver every change of a user, in order, as everyone may see it', async () => {
    await start({ WEBHOOK_SOURCE: 'presence/blue' });
    await visit('ann');
    await eventually(() => backend.typesOf('ann'), VISIT);
    const event = backend.taken.find(({ type }) => type === 'presence.v1.user_status_changed')!;
    expect(event).toMatchObject({
      specversion: '1.0',
      source: 'presence/blue',
      subject: 'ann',
      datacontenttype: 'application/json',
      data: {
        presence: { userId: 'ann', status: 'PRESENCE_STATUS_AWAY' },
        userStatusChanged: { previousStatus: 'PRESENCE_STATUS_ONLINE' },
        reason: 'CHANGE_REASON_REQUESTED',
      },
    });
    expect(new Date(event.time).getTime()).toBe(service.clock.now());
    const ids = backend.taken.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(await total('presence_webhook_events_total')).toBe(backend.taken.length);
    expect(await total('presence_webhook_lag_events')).toBe(0);
  });

  it('begin with a gap event, because nothing says what was delivered before', async () => {
    await start();
    await eventually(() => backend.taken.map(({ type }) => type), ['presence.v1.gap']);
    expect(backend.gaps[0]!.data.from).toBeUndefined();
  });

  it('say nothing of invisible users', async () => {
    await start();
    const ghost = await service.client('ghost');
    const { sessionId } = await ghost.connect();
    await ghost.updateStatus({ sessionId, choice: STATUS_CHOICE_INVISIBLE });
    const seen = ['user_online', 'user_offline'];
    await eventually(() => backend.typesOf('ghost'), seen);
    await ghost.joinChannel({ sessionId, channelId: 'secret' });
    await visit('ann');
    await eventually(() => backend.typesOf('ann'), VISIT);
    expect(backend.typesOf('ghost')).toEqual(seen);
    expect(JSON.stringify(backend.requests)).not.toContain('secret');
  });

  it('deliver only the kinds of WEBHOOK_EVENTS', async () => {
    await start({ WEBHOOK_EVENTS: 'user_online,user_offline' });
    await visit('ann');
    await eventually(() => backend.typesOf('ann'), ['user_online', 'user_offline']);
  });

  it('repeat a batch with the same id and body until the receiver takes it', async () => {
    await start();
    await eventually(() => backend.gaps.length, 1);
    backend.refuse(503);
    await visit('ann');
    await eventually(() => backend.requests.length > 4, true);
    const { id, body } = backend.requests[1]!;
    for (const request of backend.requests.slice(1)) {
      expect({ id: request.id, body: request.body }).toEqual({ id, body });
    }
    expect(await total('presence_webhook_lag_events')).toBe(3);
    backend.take();
    await eventually(() => backend.typesOf('ann'), VISIT);
    expect(await total('presence_webhook_requests_total', { outcome: '5xx' })).toBeGreaterThan(3);
  });

  it.each<[string, (backend: WebhookReceiver) => void | Promise<void>]>([
    ['hangs', (backend) => backend.answer(() => {})],
    ['answers garbage', (backend) => backend.answer(({ socket }) => socket!.end('\0garbage\r\n'))],
    ['closes the connection', (backend) => backend.answer(({ socket }) => socket!.destroy())],
    ['redirects', (backend) => backend.refuse(307, { location: 'http://127.0.0.1:1/' })],
    ['is gone', (backend) => backend.stop()],
  ])('continue after a time in which the receiver %s', async (_, fail) => {
    await start({}, { webhookTimeoutMs: 500 });
    await eventually(() => backend.gaps.length, 1);
    await fail(backend);
    await visit('ann');
    const failures = async (): Promise<number> => {
      const figures = await Figures.of(service);
      const taken = figures.total('presence_webhook_requests_total', { outcome: '2xx' });
      return figures.total('presence_webhook_requests_total') - taken;
    };
    await eventually(async () => (await failures()) > 1, true);
    backend.take();
    if (_ === 'is gone') await backend.listen();
    await visit('bob');
    await eventually(() => backend.typesOf('bob'), VISIT);
    expect(backend.typesOf('ann')).toEqual(VISIT);
    expect(backend.gaps).toHaveLength(1);
  });

  it('report a gap if the receiver was down for longer than the log reaches back', async () => {
    await start({}, { eventLogSize: 10 });
    await eventually(() => backend.gaps.length, 1);
    backend.refuse(500);
    await visit('ann');
    // From now on this request waits for the receiver, with what has happened so far.
    await eventually(() => backend.requests.length > 1, true);
    for (const name of ['bob', 'cem', 'dan', 'eve', 'gus']) await visit(name);
    backend.take();
    await visit('fay');
    await eventually(() => backend.typesOf('fay'), VISIT);
    expect(backend.gaps).toHaveLength(2);
    expect(backend.gaps[1]!.data).toEqual({
      from: expect.any(String) as string,
      to: new Date(service.clock.now()).toISOString(),
    });
    expect(await total('presence_webhook_gaps_total')).toBe(2);
  });

  it('stop after 410 until the restart', async () => {
    await start();
    const log = CapturedLog.start();
    await eventually(() => backend.gaps.length, 1);
    backend.refuse(410);
    await visit('ann');
    await eventually(() => total('presence_webhook_stopped'), 1);
    backend.take();
    await visit('bob');
    await service.stop();
    log.restore();
    expect(backend.requests).toHaveLength(2);
    expect(log.text.match(/410 Gone/g)).toHaveLength(1);
    await start();
    await visit('cem');
    await eventually(() => backend.typesOf('cem'), VISIT);
  });

  it('deliver the end of the last sessions when the node stops', async () => {
    await start();
    const ann = await service.client('ann');
    await ann.connect();
    await service.stop();
    expect(backend.typesOf('ann')).toEqual(['user_online', 'user_offline']);
    await start();
  });

  it('are signed with the secrets of a file, which can change', async () => {
    const other = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    const volume = await MountedFiles.with({ webhook: other });
    await start({ WEBHOOK_SECRET: '', WEBHOOK_SECRET_FILE: `${volume.path}/webhook` });
    await visit('ann');
    await eventually(
      () => total('presence_webhook_requests_total', { outcome: '4xx' }).then((n) => n > 0),
      true,
    );
    expect(backend.requests, 'the signature is of another key').toEqual([]);
    await volume.write({ webhook: `${other} ${WEBHOOK_SECRET}` });
    await (service.all(SigningKeys)[0] as SigningKeyFile).reload();
    await eventually(() => backend.typesOf('ann'), VISIT);
    await volume.remove();
  });
});
