import { describe, expect, it } from 'vitest';
import type { GrantsClaim } from '../../src/auth/grants.js';
import { eventually } from '../../test/support/eventually.js';
import { tokenOf } from '../../test/support/service.js';
import { Board } from './support/board.js';
import { startDashboard } from './support/dashboard.js';
import { recordBodies } from './support/recorded-bodies.js';

const ACME: GrantsClaim = { groups: ['acme'], join: ['acme/*'] };
const ACME_AND_MORE: GrantsClaim = { groups: ['acme'], join: ['acme/*', 'board-of-acme'] };
const GLOBEX: GrantsClaim = { groups: ['globex'], join: ['globex/*', 'acme/hall'] };

describe('The dashboard for the token of a viewer', () => {
  const dashboard = startDashboard({ VISIBILITY: 'groups', CHANNEL_ACCESS: 'granted' });

  async function open(userId: string, grants: GrantsClaim): Promise<Board> {
    const board = await dashboard.visit();
    await board.enter(await tokenOf(userId, { grants }));
    return board;
  }

  it('shows the users of its groups and channels, and the channels that it may watch', async () => {
    await dashboard.come('ann', { channelId: 'board-of-acme' }, { grants: ACME_AND_MORE });
    await dashboard.come('ben', { channelId: 'acme/lobby' }, { grants: ACME });
    await dashboard.come('gus', { channelId: 'globex/lobby' }, { grants: GLOBEX });
    const guest = await dashboard.come('guy', {}, { grants: GLOBEX });
    const board = await open('vic', ACME);
    await board.shows(['ann', 'ben']);
    await board.rowSays('ann', ['ann', 'Online', '–', '', 'desktop', 'active']);
    await board.rowSays('ben', ['ben', 'Online', 'acme/lobby', '', 'desktop', 'active']);
    await board.page.getByText('2 of 2 users').waitFor();
    await board.page.getByRole('button', { name: 'Online, 2' }).waitFor();

    const { client, sessionId } = guest;
    await client.joinChannel({ sessionId, channelId: 'acme/hall' });
    await board.shows(['ann', 'ben', 'guy']);
    await client.leaveChannel({ sessionId });
    await board.shows(['ann', 'ben']);
    await board.tab('Channels');
    const channels = board.page.getByRole('list', { name: 'Channels' }).getByRole('listitem');
    await eventually(() => channels.allInnerTexts(), ['acme/lobby\n1']);
  });

  it('has no trace of another user or channel, on the page or in a response', async () => {
    const mia = await dashboard.come('mia', {}, { grants: ACME_AND_MORE });
    const hidden = await dashboard.come('secretive-eve', {}, { grants: ACME });
    await hidden.client.updateHiddenFrom({ userIds: ['vic'] });
    const board = await dashboard.visit('about:blank');
    const bodies = await recordBodies(board.page);
    await board.page.goto(dashboard.url);
    await board.enter(await tokenOf('vic', { grants: ACME }));
    await board.tab('Channels');

    const gus = await dashboard.come('gustav-globex', {}, { grants: GLOBEX });
    for (const { client, sessionId } of [gus, hidden, mia]) {
      await client.updateMuteState({ sessionId, isMicrophoneMuted: true });
      await client.updateAttributes({ sessionId, set: new Map([['doc', 'plan']]) });
    }
    const inSecret = { channelId: 'globex/lobby', keepOthers: true };
    await gus.client.joinChannel({ sessionId: gus.sessionId, ...inSecret });
    await hidden.client.joinChannel({ sessionId: hidden.sessionId, channelId: 'acme/attic' });
    for (const channelId of ['board-of-acme', 'acme/lobby'])
      await mia.client.joinChannel({ sessionId: mia.sessionId, channelId, keepOthers: true });
    await gus.client.endSession({ sessionId: gus.sessionId });

    // The channel of the last change of a visible user is on the page, and so all earlier changes have arrived.
    await mia.client.joinChannel({ sessionId: mia.sessionId, channelId: 'acme/end' });
    await board.page.getByRole('list', { name: 'Channels' }).getByText('acme/end').waitFor();
    await board.row('mia').click();
    await board.panel('mia').getByText('plan').waitFor();
    await board.press('Escape');
    await board.tab('Events');
    await board.page.getByRole('list', { name: 'Events' }).getByText('joined acme/end').waitFor();

    const seen = [await board.page.content(), ...(await bodies.read())].join('\n');
    for (const name of ['mia', 'acme/end', 'acme/lobby', 'plan']) expect(seen).toContain(name);
    for (const name of ['secretive', 'gustav', 'globex', 'board-of', 'acme/attic'])
      expect(seen).not.toContain(name);
    board.expectNoComplaints(/403/);
  });

  it('makes one call that only admins may make, to learn the kind of the token', async () => {
    await dashboard.come('ann', { channelId: 'acme/lobby' }, { grants: ACME });
    const board = await dashboard.visit();
    await board.page.clock.install();
    await board.enter(await tokenOf('vic', { grants: ACME }));
    await board.row('ann').click();
    await board.panel('ann').getByText('acme/lobby').waitFor();
    // Runs every timer of the page that is due within an hour.
    await board.page.clock.fastForward('01:00:00');
    await board.press('Escape');
    await board.tab('Channels');
    await board.page.getByRole('list', { name: 'Channels' }).getByText('acme/lobby').waitFor();
    const methods = board.requests.map((url) => new URL(url).pathname);
    expect(methods.filter((path) => path.endsWith('/ExplainPresence'))).toHaveLength(1);
    expect(methods.filter((path) => /SessionService|ModerationService/.test(path))).toEqual([]);
    expect(methods.filter((path) => path.startsWith('/dashboard'))).toEqual([]);
    expect(board.refused).toEqual(['/presence.v1.PresenceService/ExplainPresence']);
  });

  it('offers nothing that needs an admin, and says which users it shows', async () => {
    await dashboard.come('ann', { channelId: 'acme/lobby' }, { grants: ACME });
    const board = await open('vic', ACME);
    const note = board.page.getByRole('note');
    await note.getByText('users and channels that the token of vic may see').waitFor();
    expect(await note.innerText()).not.toContain('only for watching');
    expect(await board.page.getByRole('region', { name: 'Metrics' }).count()).toBe(0);
    await board.page.goto(`${dashboard.url}/#tab=audit&search=a`);
    await eventually(() => board.page.getByLabel('Search users').inputValue(), 'a');
    expect(await board.page.getByRole('tab').count()).toBe(2);
    expect(await board.page.getByRole('checkbox').count()).toBe(0);
    await board.row('ann').click();
    const panel = board.panel('ann');
    await panel.getByText('Connected').waitFor();
    expect(await panel.getByRole('button').allInnerTexts()).toEqual(['']);
    await board.page.getByLabel('Search users').fill('gustav');
    await board.page.getByText('No user in the list matches.').waitFor();
    expect(await board.page.getByRole('button', { name: 'Explain' }).count()).toBe(0);
  });

  it('describes a user who leaves as one whom the token may not see', async () => {
    const { client, sessionId } = await dashboard.come('ann', {}, { grants: ACME });
    const board = await open('vic', ACME);
    await board.row('ann').click();
    const panel = board.panel('ann');
    await panel.getByText('desktop').waitFor();
    await client.endSession({ sessionId });
    await panel.getByText('The user is offline, or this token may not see the user.').waitFor();
    await board.page.getByText('No user whom this token may see is online.').waitFor();
  });

  it('tells nothing about users and channels that a link names', async () => {
    await dashboard.come('gus', { channelId: 'globex/lobby' }, { grants: GLOBEX });
    const seen: string[] = [];
    for (const [userId, channelId] of [
      ['gus', 'globex/lobby'],
      ['nobody', 'globex/nowhere'],
    ]) {
      const board = await dashboard.visit(
        `${dashboard.url}/#user=${userId}&channel=${channelId}&tab=channels`,
      );
      await board.enter(await tokenOf('vic', { grants: ACME }));
      await board.panel(userId!).getByText('The user is offline, or this token').waitFor();
      await board.page.getByText('No user is in a channel that this token may watch.').waitFor();
      seen.push((await board.page.locator('main').innerText()).replaceAll(userId!, '...'));
      expect(board.refused).toEqual(['/presence.v1.PresenceService/ExplainPresence']);
    }
    expect(seen[0]).toBe(seen[1]);
  });

  it('says that a token is only for watching, and that no channel may be watched', async () => {
    await dashboard.come('ann', { channelId: 'acme/lobby' }, { grants: ACME });
    const board = await open('wall', { groups: ['acme'], watch_only: true });
    await board.page.getByRole('note').getByText('The token is only for watching').waitFor();
    await board.rowSays('ann', ['ann', 'Online', '–', '', 'desktop', 'active']);
    await board.tab('Channels');
    await board.page.getByText('No user is in a channel that this token may watch.').waitFor();
  });

  it('stops after a revocation, and asks for a new token', async () => {
    await dashboard.come('ann', {}, { grants: ACME });
    const admin = dashboard.server.clientWithToken(await tokenOf('admin', { isAdmin: true }));
    const board = await dashboard.visit();
    await board.page.clock.install();
    await board.enter(await tokenOf('vic', { grants: ACME, now: Date.now() - 5000 }));
    await board.shows(['ann']);
    await admin.revokeTokens({ userId: 'vic' });
    await board.page.getByRole('alert').filter({ hasText: 'This token was revoked.' }).waitFor();
    await board.page.getByLabel('Token', { exact: true }).waitFor();
    expect(await board.page.evaluate(() => sessionStorage.length)).toBe(0);
    const before = board.requests.length;
    await board.page.clock.fastForward('01:00:00');
    await board.page.getByLabel('Token', { exact: true }).waitFor();
    expect(board.requests).toHaveLength(before);

    await board.enter(await tokenOf('vic', { grants: ACME, now: Date.now() + 2000 }));
    await board.shows(['ann']);
  });
});
