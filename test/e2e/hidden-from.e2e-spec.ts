import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import type { GrantsClaim } from '../../src/auth/grants.js';
import { PresenceStatus } from '../../src/api/generated/presence/v1/presence.pb.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Client } from '../support/client.js';
import { refusalOf } from '../support/error-info.js';
import { msOf } from '../support/in-words.js';
import { ManualClock } from '../support/manual-clock.js';
import { askAbout } from '../support/observer.js';
import { brief, enter, pagesOf, presenceOf, type Member } from '../support/reads.js';
import { Service } from '../support/service.js';

const {
  PRESENCE_STATUS_ONLINE: ONLINE,
  PRESENCE_STATUS_OFFLINE: OFFLINE,
  PRESENCE_STATUS_AWAY: AWAY,
} = PresenceStatus;

/** Grants with which everyone shares everything. */
const GRANTS: GrantsClaim = { groups: ['all'], join: ['*'] };

describe('A user who hides from a viewer', () => {
  const services: Service[] = [];
  afterEach(() => Promise.all(services.splice(0).map((service) => service.stop())));

  /** A service with Ann in the lobby, and others who look at her. */
  async function begin(settings: Readonly<Record<string, string>>, startsAt: number) {
    const service = await Service.start(settings, { clock: new ManualClock(startsAt) });
    services.push(service);
    const ann = await enter(service, 'ann', GRANTS, 'lobby', 'kitchen');
    const ben = await enter(service, 'ben', GRANTS, 'lobby');
    const eve = await service.client('eve', { grants: { ...GRANTS, moderate: ['lobby'] } });
    const admin = await service.client('admin', { isAdmin: true });
    return { service, ann, ben, eve, admin };
  }

  /** The answers to every call about Ann, streams included. */
  async function askedBy(client: Client, { sessionId }: Member): Promise<unknown> {
    return askAbout(client, { userId: 'ann', sessionId, channelIds: ['lobby', 'kitchen'] });
  }

  it.each<[string, Readonly<Record<string, string>>]>([
    ['where everyone sees everyone', {}],
    ['where users see their groups', { VISIBILITY: 'groups', CHANNEL_ACCESS: 'granted' }],
  ])('is to this viewer as one whose sessions have ended, %s', async (_where, settings) => {
    const startsAt = Date.now();
    const hiding = await begin(settings, startsAt);
    const gone = await begin(settings, startsAt);
    const compare = async (): Promise<void> =>
      expect(await askedBy(hiding.eve, hiding.ann)).toEqual(await askedBy(gone.eve, gone.ann));
    for (const { service } of [hiding, gone]) await service.passTime(1000);
    await hiding.ann.client.updateHiddenFrom({ userIds: ['eve'] });
    await gone.ann.client.endSession({ sessionId: gone.ann.sessionId });
    await compare();

    // The activity of a hidden user changes nothing for the viewer.
    const { client, sessionId } = hiding.ann;
    for (const { service } of [hiding, gone]) await service.passTime(1000);
    await client.joinChannel({ sessionId, channelId: 'attic', keepOthers: true });
    await client.updateStatus({ sessionId, choice: StatusChoice.STATUS_CHOICE_AWAY });
    await client.updateMuteState({ sessionId, isMicrophoneMuted: true });
    await compare();
    expect(await pagesOf(hiding.eve)).toEqual({ ids: ['ben'], total: 1 });
    expect(brief(await hiding.eve.countPresences({ channelIds: ['lobby'] }))).toEqual([
      'lobby: ONLINE 1',
    ]);

    // Others see the user as ever. The user sees no difference in the own presence.
    expect(await pagesOf(hiding.ben.client)).toEqual({ ids: ['ann', 'ben'], total: 2 });
    expect(brief(await hiding.ben.client.countPresences())).toEqual(['all: ONLINE 1, AWAY 1']);
    const own = await presenceOf(client, 'ann');
    expect(own).toEqual(await presenceOf(hiding.ben.client, 'ann'));

    // The end of the hiding looks like a new session.
    for (const { service } of [hiding, gone]) await service.passTime(1000);
    await client.updateHiddenFrom({});
    const seen = await presenceOf(hiding.eve, 'ann');
    expect(seen).toMatchObject({ status: AWAY, currentChannelId: 'attic' });
    expect(msOf(seen.connectedAt)).toBe(hiding.service.clock.now());
    expect(await pagesOf(hiding.eve)).toEqual({ ids: ['ann', 'ben'], total: 2 });
    expect(await pagesOf(hiding.eve, { statuses: [AWAY] })).toEqual({ ids: ['ann'], total: 1 });
  });

  it('is in no list and no count of a group', async () => {
    const { ann, ben, eve } = await begin({ VISIBILITY: 'groups' }, Date.now());
    await ann.client.updateHiddenFrom({ userIds: ['eve'] });
    const ofAll = { groupId: 'all', statuses: [ONLINE] };
    expect(await pagesOf(eve, ofAll)).toEqual({ ids: ['ben'], total: 1 });
    expect(await pagesOf(ben.client, ofAll)).toEqual({ ids: ['ann', 'ben'], total: 2 });
    const counts = async (client: Client) =>
      brief(await client.countPresences({ groupIds: ['all'] }));
    expect(await counts(eve)).toEqual(['all: ONLINE 1']);
    expect(await counts(ben.client)).toEqual(['all: ONLINE 2']);
  });

  it('keeps the list without a session, and only admins see or set the list of another user', async () => {
    const { ann, ben, eve, admin } = await begin({}, Date.now());
    const { client, sessionId } = ann;
    await client.endSession({ sessionId });
    expect(await client.getHiddenFrom()).toEqual({ userIds: [] });
    await client.updateHiddenFrom({ userIds: ['mallory', 'eve', 'ann', 'eve'] });
    expect(await client.getHiddenFrom()).toEqual({ userIds: ['eve', 'mallory'] });
    await client.connect();
    expect((await presenceOf(eve, 'ann')).status).toBe(OFFLINE);
    expect((await presenceOf(ben.client, 'ann')).status).toBe(ONLINE);

    for (const call of [
      ben.client.getHiddenFrom({ userId: 'ann' }),
      ben.client.updateHiddenFrom({ userId: 'ann', userIds: [] }),
    ])
      expect(await refusalOf(call)).toMatchObject({ reason: 'ADMIN_SCOPE_REQUIRED' });
    expect(await admin.getHiddenFrom({ userId: 'ann' })).toEqual({ userIds: ['eve', 'mallory'] });
    await admin.updateHiddenFrom({ userId: 'ann', userIds: ['mallory'] });
    expect(await client.getHiddenFrom()).toEqual({ userIds: ['mallory'] });
    expect((await presenceOf(eve, 'ann')).status).toBe(ONLINE);
  });

  it('names 1,000 viewers, whose ids have at most 64 KiB together', async () => {
    const { ann } = await begin({}, Date.now());
    const listed = async (): Promise<number> => (await ann.client.getHiddenFrom({})).userIds.length;
    const userIds = Array.from({ length: 1000 }, () => randomUUID());
    await ann.client.updateHiddenFrom({ userIds });
    expect(await listed()).toBe(1000);

    const longer = userIds.map((userId) => userId.padEnd(68, '🦊'));
    await expect(ann.client.updateHiddenFrom({ userIds: longer })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: 'user_ids must have at most 65536 bytes of ids in total',
    });
    expect(await listed()).toBe(1000);
  });

  it('is hidden from the reads of an admin, but not from the commands', async () => {
    const { ann, admin } = await begin({}, Date.now());
    await ann.client.updateHiddenFrom({ userIds: ['admin'] });
    expect((await presenceOf(admin, 'ann')).status).toBe(OFFLINE);
    expect(await pagesOf(admin)).toEqual({ ids: ['ben'], total: 1 });
    const choice = StatusChoice.STATUS_CHOICE_AWAY;
    const { presence } = await admin.updateStatus({ userId: 'ann', choice });
    expect(presence).toMatchObject({ status: OFFLINE });
    const active = await admin.recordActivity({ target: { $case: 'userId', value: 'ann' } });
    expect(active.presence).toMatchObject({ status: OFFLINE });
    const muted = await admin.muteUser({ userId: 'ann', isSpeakerMuted: true });
    expect(muted.presence).toMatchObject({ status: OFFLINE });
    await admin.muteUser({ userId: 'ann', isMicrophoneMuted: true });
    expect(await presenceOf(ann.client, 'ann')).toMatchObject({ status: AWAY });
    expect((await admin.explainPresence({ userId: 'ann' })).shown).toMatchObject({ status: AWAY });
    expect(await admin.endSession({ sessionId: ann.sessionId })).toEqual({ wasLive: true });
  });
});
