import { describe, expect, it } from 'vitest';
import { startDashboard } from './support/dashboard.js';

describe('The keyboard on the dashboard', () => {
  const dashboard = startDashboard();

  it('searches with /, goes to the first match with the arrow, and explains it with Enter', async () => {
    for (const name of ['ann', 'ben', 'benno', 'cem']) await dashboard.come(name);
    const board = await dashboard.open();
    await board.shows(['ann', 'ben', 'benno', 'cem']);
    const search = board.page.getByLabel('Search users');
    await board.press('/');
    await board.expectFocus(search);
    await board.page.keyboard.type('ben');
    await board.press('ArrowDown');
    await board.expectFocus(board.grid);
    await board.press('Enter');
    await board.expectFocus(board.panel('ben').getByRole('heading', { name: 'ben' }));
    await board.press('Escape');
    await board.expectFocus(board.grid);

    // The target of the arrow key does not depend on the row that was active before.
    await board.press('ArrowDown', '/', 'ArrowDown', 'Enter');
    await board.panel('ben').waitFor();
  });

  it('explains a user who is not listed the same way', async () => {
    await dashboard.come('ann');
    const board = await dashboard.open();
    await board.shows(['ann']);
    await board.press('/');
    await board.page.keyboard.type('zoe');
    await board.press('ArrowDown');
    await board.expectFocus(board.page.getByRole('button', { name: 'Explain the user “zoe”' }));
    await board.press('Enter');
    await board.panel('zoe').getByText('OFFLINE: there is no session').waitFor();
  });

  it('stays in the panel when the session that it was on ends', async () => {
    await dashboard.come('ann');
    const elsewhere = await dashboard.come('ann', { platform: 'mobile' });
    const board = await dashboard.open();
    await board.row('ann').click();
    const panel = board.panel('ann');
    const sessions = panel.getByRole('article');
    const heading = panel.getByRole('heading', { name: /^Sessions/ });

    await panel.getByRole('article', { name: 'Session on desktop' }).getByRole('button').focus();
    await board.press('Enter');
    await board.expectFocus(panel.getByRole('button', { name: 'Yes, end it' }));
    await board.press('Enter');
    await panel.getByRole('heading', { name: 'Sessions 1' }).waitFor();
    await board.expectFocus(heading);
    await board.press('Tab');
    await board.expectFocus(sessions.getByRole('button', { name: 'End session' }));

    // The same must hold when another client ends the session.
    const { client, sessionId } = elsewhere;
    await client.endSession({ sessionId });
    await panel.getByText('No sessions.').waitFor();
    await board.expectFocus(heading);
    await board.press('Escape');
    await panel.waitFor({ state: 'detached' });
    expect(await board.page.evaluate(() => document.activeElement?.tagName)).not.toBe('BODY');
  });

  it('stays in a list when the line that it was on goes', async () => {
    await dashboard.come('ann');
    const ben = await dashboard.come('ben', { channelId: 'attic' });
    const board = await dashboard.open();
    await board.tab('Channels');
    const channels = board.page.getByRole('list', { name: 'Channels' });
    await channels.getByRole('button', { name: 'attic' }).focus();
    await ben.client.leaveChannel({ sessionId: ben.sessionId });
    await board.page.getByText('No user is in a channel.').waitFor();
    await board.expectFocus(board.page.getByRole('tabpanel').locator('.scroller'));
  });
});
