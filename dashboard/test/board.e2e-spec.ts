import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { freePort } from '../../test/support/free-port.js';
import { tokenOf } from '../../test/support/service.js';
import { WebhookReceiver } from '../../test/support/webhook-receiver.js';
import { startDashboard } from './support/dashboard.js';
import { Visitors } from './support/visitors.js';

describe('The dashboard', () => {
  const dashboard = startDashboard();

  describe('asks for a token', () => {
    it('and shows the online users to an admin', async () => {
      await dashboard.come('ann', { channelId: 'lobby' });
      await dashboard.come('ben', { platform: 'mobile' });
      const board = await dashboard.open();
      await board.shows(['ann', 'ben']);
      await board.rowSays('ann', ['ann', 'Online', 'lobby', '', 'desktop', 'active']);
      await board.rowSays('ben', ['ben', 'Online', '–', '', 'mobile', 'active']);
      await board.page.getByText('2 of 2 users').waitFor();
    });

    it('and shows an error for a wrong token', async () => {
      const board = await dashboard.visit();
      const alert = board.page.getByRole('alert');
      await board.signIn('not a token');
      await alert.filter({ hasText: 'rejects this token' }).waitFor();
      expect(await board.page.evaluate(() => sessionStorage.length)).toBe(0);
    });

    it('and reads one from the address and removes it there', async () => {
      const board = await dashboard.visit();
      const token = await tokenOf('root', { isAdmin: true });
      await board.page.goto(`${dashboard.url}/#token=${token}`);
      await board.page.reload();
      await board.says('Live');
      expect(board.page.url()).toBe(`${dashboard.url}/`);
      expect(board.requests.filter((url) => url.includes('token'))).toEqual([]);

      // The token is valid after a reload of the tab, and in no other tab.
      await board.page.reload();
      await board.says('Live');
      const other = await board.page.context().newPage();
      await other.goto(dashboard.url);
      await other.getByLabel('Token', { exact: true }).waitFor();
    });

    it('and for another one when it has expired', async () => {
      const board = await dashboard.visit();
      await board.signIn(await tokenOf('root', { isAdmin: true, ttlSeconds: 10 }));
      await board.says('Live');
      await board.page.getByText('it is invalid or has expired').waitFor();
      await board.page.getByLabel('Token', { exact: true }).waitFor();
    });

    it('and drops it on sign-out', async () => {
      const board = await dashboard.open();
      await board.page.getByRole('button', { name: 'Sign out' }).click();
      await board.page.getByLabel('Token', { exact: true }).waitFor();
      expect(await board.page.evaluate(() => sessionStorage.length)).toBe(0);
    });
  });

  it('lists channels, the fullest first, and their members', async () => {
    const ann = await dashboard.come('ann', { channelId: 'bar' });
    await dashboard.come('ben', { channelId: 'lobby' });
    await dashboard.come('cem', { channelId: 'lobby' });
    const board = await dashboard.open();
    await board.tab('Channels');
    const list = board.page.getByRole('list', { name: 'Channels' });
    const lines = (): Promise<string[]> =>
      list
        .getByRole('listitem')
        .allInnerTexts()
        .then((texts) => texts.map((text) => text.trim().replaceAll(/\s+/g, ' ')));
    await eventually(lines, ['lobby 2', 'bar 1']);
    await list.getByRole('button', { name: 'lobby' }).click();
    await eventually(lines, ['lobby 2', 'ben', 'cem', 'bar 1']);
    await ann.client.joinChannel({ sessionId: ann.sessionId, channelId: 'lobby' });
    await eventually(lines, ['lobby 3', 'ann', 'ben', 'cem']);
    await list.getByRole('button', { name: 'ben' }).click();
    await board.panel('ben').getByRole('heading', { name: 'ben' }).waitFor();
  });

  it('shows events as they arrive, and can be paused and filtered', async () => {
    await dashboard.come('zoe');
    const board = await dashboard.open();
    await board.page.getByText('No events since this page').waitFor();
    const { client, sessionId } = await dashboard.come('eve');
    await client.joinChannel({ sessionId, channelId: 'lobby' });
    await board.feedSays(['eve joined lobby', 'eve is online, on desktop (connected)']);

    await board.page.getByRole('button', { name: 'Pause' }).click();
    await client.updateMuteState({ sessionId, isMicrophoneMuted: true });
    await board.page.getByRole('button', { name: 'Resume (1)' }).waitFor();
    await board.feedSays(['eve joined lobby', 'eve is online, on desktop (connected)']);
    await board.page.getByRole('button', { name: 'Resume (1)' }).click();
    await board.feedSays([
      'eve muted the microphone',
      'eve joined lobby',
      'eve is online, on desktop (connected)',
    ]);

    await board.page.getByLabel('Kind of event').selectOption('Channel');
    await board.feedSays(['eve joined lobby']);
    await board.page.getByLabel('Filter events').fill('zoe');
    await board.page.getByText('No event matches.').waitFor();
    await board.page.getByLabel('Kind of event').selectOption('All kinds');
    await client.endSession({ sessionId });
    await board.page.getByLabel('Filter events').fill('ended');
    await board.feedSays(['eve is offline (session ended)']);
  });

  it('shows how many sessions, events and subscribers there are, and the lag', async () => {
    await dashboard.come('ann');
    await dashboard.come('ann', { platform: 'mobile' });
    const board = await dashboard.open();
    const metrics = board.page.getByRole('region', { name: 'Metrics' });
    for (const text of ['2 sessions', '0 ms', '0 behind']) {
      await metrics.getByText(text, { exact: true }).waitFor();
    }
    const subscribers = metrics.locator('.tile').filter({ hasText: /^Subscribers/ });
    await eventually(() => subscribers.locator('.value').innerText(), '1');
    // A line needs at least two points.
    await eventually(() => subscribers.locator('.line').getAttribute('d').then(Boolean), true);
  });

  it('shows how many events wait for the receiver of webhooks', async () => {
    const receiver = await WebhookReceiver.start();
    onTestFinished(() => receiver.stop());
    receiver.refuse(503);
    const delivering = await dashboard.build.serve(receiver.settings);
    onTestFinished(() => delivering.kill());
    await new Visitors(delivering).come('ann');
    const board = await dashboard.openAt(delivering.httpUrl);
    await board.page
      .getByText(/^Webhooks: 0 events delivered, 1 event waiting, the oldest for/)
      .waitFor();
    receiver.take();
    await board.page.getByText('Webhooks: 2 events delivered.').waitFor();
  });

  it('explains why a user is IDLE: the sessions, the last activity and the next change', async () => {
    const impatient = await dashboard.build.serve({ IDLE_TIMEOUT_MS: '1000' });
    onTestFinished(() => impatient.kill());
    const users = new Visitors(impatient);
    await users.come('ann', { channelId: 'lobby' });
    await users.come('ann', { platform: 'mobile' });
    const board = await dashboard.openAt(impatient.httpUrl);
    await board.row('ann').getByText('Idle').waitFor();
    await board.row('ann').click();
    const panel = board.panel('ann');
    await panel
      .getByText(/^ann is IDLE: the last activity was .+ on mobile, and the idle timeout is 1 s\.$/)
      .waitFor();
    await panel.getByText(/^Next, in .+: a token expires, which ends session .+\./).waitFor();
    const sessions = panel.getByRole('article');
    await eventually(() => sessions.getByRole('heading').allInnerTexts(), ['desktop', 'mobile']);
    await sessions.first().getByText('lobby', { exact: true }).waitFor();
    await sessions
      .last()
      .getByText(/^token expires in/)
      .waitFor();
  });

  it('shows all channels of a user, the attributes, and the mutes of a moderator', async () => {
    const ann = await dashboard.come('ann', { channelId: 'lobby' });
    const { client, sessionId } = ann;
    await client.joinChannel({ sessionId, channelId: 'stage', keepOthers: true });
    await client.updateAttributes({ sessionId, set: new Map([['doc', 'plan']]) });
    const admin = dashboard.server.clientWithToken(await tokenOf('admin', { isAdmin: true }));
    await admin.muteUser({ userId: 'ann', isMicrophoneMuted: true });
    const board = await dashboard.open();
    await board.row('ann').getByText('lobby, stage').waitFor();
    await board.row('ann').getByTitle('Microphone muted by a moderator').waitFor();
    await board.row('ann').click();
    const attributes = board.panel('ann').getByRole('region', { name: 'Attributes' });
    await eventually(() => attributes.locator('dt, dd').allInnerTexts(), ['doc', 'plan']);
    await board.panel('ann').getByRole('article').getByText('stage', { exact: true }).waitFor();
  });

  it('ends a session after a confirmation, and the user goes OFFLINE', async () => {
    const ann = await dashboard.come('ann');
    await dashboard.come('ben');
    const board = await dashboard.open();
    await board.row('ann').click();
    const panel = board.panel('ann');
    await panel.getByRole('button', { name: 'End session' }).click();
    await panel.getByRole('button', { name: 'Keep it' }).click();
    await panel.getByRole('button', { name: 'End session' }).click();
    expect((await ann.client.listSessions()).sessions).toHaveLength(1);
    await panel.getByRole('button', { name: 'Yes, end it' }).click();
    await panel.getByText('OFFLINE: there is no session').waitFor();
    await board.shows(['ben']);
    await board.feedSays(['ann is offline (session ended)']);
  });

  it('can be used with the keyboard alone', async () => {
    for (const name of ['ann', 'ben', 'cem', 'dan']) await dashboard.come(name);
    const board = await dashboard.open();
    await board.shows(['ann', 'ben', 'cem', 'dan']);
    const active = (): Promise<string | null> => board.grid.getAttribute('aria-activedescendant');

    await board.press('/');
    await board.expectFocus(board.page.getByLabel('Search users'));
    // Tab passes the four statuses and enters the grid.
    await board.press('Tab', 'Tab', 'Tab', 'Tab', 'Tab');
    await board.expectFocus(board.grid);
    await eventually(active, 'user-0');
    await board.press('ArrowDown', 'ArrowDown');
    await eventually(active, 'user-2');
    await board.press('End');
    await eventually(active, 'user-3');
    await board.press('ArrowDown', 'Home', 'ArrowDown');
    await eventually(active, 'user-1');

    await board.press('Enter');
    const panel = board.panel('ben');
    await board.expectFocus(panel.getByRole('heading', { name: 'ben' }));
    await panel.getByRole('button', { name: 'End session' }).waitFor();
    await board.press('Tab', 'Tab', 'Enter');
    await board.expectFocus(panel.getByRole('button', { name: 'Yes, end it' }));
    // The first Escape withdraws the question, the second closes the panel.
    await board.press('Escape');
    await board.expectFocus(panel.getByRole('button', { name: 'End session' }));
    await board.press('Escape');
    await panel.waitFor({ state: 'detached' });
    await board.expectFocus(board.grid);

    await board.page.getByRole('tab', { name: 'Events' }).focus();
    await board.press('ArrowLeft');
    await board.expectFocus(board.page.getByRole('tab', { name: 'Channels' }));
    await board.page.getByText('No user is in a channel.').waitFor();
  });

  it('sends requests only to its own server, and logs no errors', async () => {
    await dashboard.come('ann', { channelId: 'lobby' });
    const board = await dashboard.open();
    await board.tab('Channels');
    await board.row('ann').click();
    await board.panel('ann').getByText('Next,').waitFor();
    const metrics = (): number =>
      board.requests.filter((url) => url.endsWith('/dashboard/metrics')).length;
    await eventually(() => metrics() > 1, true);
    const origins = new Set(board.requests.map((url) => new URL(url).origin));
    expect([...origins]).toEqual([dashboard.url]);
    board.expectNoComplaints();
  });

  it('reconnects by itself when the server is back', async () => {
    const settings = { HTTP_PORT: `${await freePort()}` };
    const first = await dashboard.build.serve(settings);
    onTestFinished(() => first.kill());
    await new Visitors(first).come('ann');
    const board = await dashboard.openAt(first.httpUrl);
    await board.shows(['ann']);
    await first.kill();
    await board.says('Connection lost');
    const second = await dashboard.build.serve(settings);
    onTestFinished(() => second.kill());
    await new Visitors(second).come('ben');
    await board.page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
    await board.shows(['ben']);
  });
});
