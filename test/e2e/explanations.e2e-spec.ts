import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  StatusCause,
  StatusChoice,
  TransitionKind,
} from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { timestampMessage } from '../../src/api/proto-mappers.js';
import type { Client } from '../support/client.js';
import { msOf, statusOf } from '../support/in-words.js';
import { Service, tokenOf } from '../support/service.js';

const IDLE_MS = 300_000;
const HEARTBEAT_MS = 15_000;
const GRACE_MS = 5000;
const { STATUS_CHOICE_INVISIBLE: INVISIBLE, STATUS_CHOICE_AUTOMATIC: AUTOMATIC } = StatusChoice;

describe('An explanation of a presence', () => {
  let service: Service;
  let admin: Client;
  beforeAll(async () => {
    service = await Service.start({
      IDLE_TIMEOUT_MS: `${IDLE_MS}`,
      HEARTBEAT_TIMEOUT_MS: `${HEARTBEAT_MS}`,
      RECONNECT_GRACE_MS: `${GRACE_MS}`,
    });
    admin = service.clientWithToken(await tokenOf('admin', { isAdmin: true, ttlSeconds: 600_000 }));
  });
  afterAll(() => service.stop());

  it('names the sessions, the node of each, the last activity and the time of turning IDLE', async () => {
    const ann = await service.client('ann');
    const desk = await ann.connect({ platform: 'desktop' });
    await service.passTime(1000);
    const phone = await ann.connect({ platform: 'mobile' });
    await ann.joinChannel({ sessionId: desk.sessionId, channelId: 'lobby' });
    const activeAt = service.clock.now();
    await service.passTime(2000);

    const explained = await admin.explainPresence({ userId: 'ann' });
    expect(explained).toMatchObject({
      cause: StatusCause.STATUS_CAUSE_ACTIVE,
      choice: AUTOMATIC,
      choiceExpiresAt: undefined,
      idleTimeoutMs: IDLE_MS,
      explainedAt: timestampMessage(service.clock.now()),
      nextTransition: {
        at: timestampMessage(activeAt + IDLE_MS),
        kind: TransitionKind.TRANSITION_KIND_IDLE,
        sessionId: '',
      },
    });
    expect(explained.own).toEqual(explained.shown);
    expect(statusOf(explained.nextTransition!.shown)).toBe('IDLE');
    const { sessions } = await admin.listSessions({ userId: 'ann' });
    expect(explained.sessions.map(({ session }) => session)).toEqual(sessions);
    expect(sessions.map(({ sessionId }) => sessionId)).toEqual([desk.sessionId, phone.sessionId]);
    expect(explained.sessions.map(({ holdsChannel }) => holdsChannel)).toEqual([true, false]);
    for (const { nodeId } of explained.sessions) expect(nodeId).not.toBe('');
  });

  it('says of an IDLE user that there was no action, and that nothing comes next but the end of the token', async () => {
    const { started } = await (await service.client('ida')).connect();
    await service.passTime(IDLE_MS);
    const explained = await admin.explainPresence({ userId: 'ida' });
    expect(explained.cause).toBe(StatusCause.STATUS_CAUSE_INACTIVE);
    expect(explained.nextTransition).toMatchObject({
      kind: TransitionKind.TRANSITION_KIND_TOKEN_EXPIRED,
      at: explained.sessions[0]!.tokenExpiresAt,
      sessionId: started.session!.sessionId,
    });
    expect(statusOf(explained.nextTransition!.shown)).toBe('OFFLINE');
  });

  it('has the own presence of an invisible user and the shown one', async () => {
    const eve = await service.client('eve');
    const { sessionId } = await eve.connect();
    const expiresAt = timestampMessage(service.clock.now() + 60_000);
    await eve.updateStatus({ sessionId, choice: INVISIBLE, expiresAt });
    const { shown, own, choice, choiceExpiresAt, nextTransition } = await admin.explainPresence({
      userId: 'eve',
    });
    expect([statusOf(shown), statusOf(own)]).toEqual(['OFFLINE', 'ONLINE']);
    expect([choice, choiceExpiresAt]).toEqual([INVISIBLE, expiresAt]);
    expect(nextTransition?.kind).toBe(TransitionKind.TRANSITION_KIND_CHOICE_EXPIRED);
    expect(statusOf(nextTransition!.shown)).toBe('ONLINE');
  });

  it('has the time when the next heartbeat is due, and then the end of the grace', async () => {
    const { sessionId, started } = await (
      await service.client('hal')
    ).connect({ requireHeartbeats: true });
    const begun = msOf(started.session!.connectedAt)!;
    const [session] = (await admin.explainPresence({ userId: 'hal' })).sessions;
    expect(msOf(session!.heartbeatDueAt)).toBe(begun + HEARTBEAT_MS);
    await service.passTime(HEARTBEAT_MS);
    const { nextTransition, sessions } = await admin.explainPresence({ userId: 'hal' });
    expect(sessions.map(({ graceEndsAt }) => msOf(graceEndsAt))).toEqual([
      begun + HEARTBEAT_MS + GRACE_MS,
    ]);
    expect(nextTransition).toMatchObject({
      kind: TransitionKind.TRANSITION_KIND_GRACE_ENDED,
      sessionId,
    });
  });

  it('works for an unknown user', async () => {
    const explained = await admin.explainPresence({ userId: 'nobody' });
    expect(explained).toMatchObject({
      cause: StatusCause.STATUS_CAUSE_NO_SESSION,
      sessions: [],
      nextTransition: undefined,
    });
    expect(statusOf(explained.shown)).toBe('OFFLINE');
  });

  it('is for admins only, also of oneself', async () => {
    const bob = await service.client('bob');
    for (const userId of ['ann', 'bob']) {
      await expect(bob.explainPresence({ userId })).rejects.toMatchObject({
        code: status.PERMISSION_DENIED,
      });
    }
  });
});
