import { describe, expect, it } from 'vitest';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { eventually } from '../../test/support/eventually.js';
import { tokenOf } from '../../test/support/service.js';
import { startDashboard } from './support/dashboard.js';

describe('An operator at the dashboard', () => {
  const dashboard = startDashboard();

  it('exports what the lists show, and nothing that a spreadsheet runs', async () => {
    const board = await dashboard.open();
    const { client, sessionId } = await dashboard.come('=cmd()', { channelId: 'lobby' });
    const choice = StatusChoice.STATUS_CHOICE_AWAY;
    await client.updateStatus({ sessionId, choice, statusText: 'at "lunch", back soon' });
    await dashboard.come('ben');
    await board.shows(['=cmd()', 'ben']);
    await board.page.getByRole('button', { name: 'Away, 1' }).click();
    await board.shows(['=cmd()']);
    const [head, line, ...more] = await board.exported('users');
    expect(head).toMatch(/^user,status,status text,channels,/);
    expect(line).toMatch(/^"'=cmd\(\)",Away,"at ""lunch"", back soon",lobby,,desktop,,\d{4}-/);
    expect(more).toEqual([]);

    await board.page.getByLabel('Kind of event').selectOption('Channel');
    await board.feedSays(['=cmd() joined lobby']);
    const [, event, ...others] = await board.exported('events');
    expect(event).toMatch(/^\d{4}-.+Z,"'=cmd\(\)",Channel,joined lobby$/);
    expect(others).toEqual([]);

    await board.tab('Channels');
    await board.channel('lobby', { isOpen: false }).click();
    await board.page.getByRole('list', { name: 'Channels' }).getByText('=cmd()').waitFor();
    expect(await board.exported('channels')).toEqual([
      'channel,users,member,status',
      'lobby,1,,',
      `lobby,,"'=cmd()",Away`,
    ]);
    board.expectNoComplaints();
  });

  it('sees what admins and moderators did to others, and exports it', async () => {
    const { sessionId } = await dashboard.come('ann');
    const board = await dashboard.visit(`${dashboard.url}/#tab=audit`);
    await board.enter(await tokenOf('root', { isAdmin: true }));
    await board.page.getByText('No action since this node was started.').waitFor();
    const admin = dashboard.server.clientWithToken(await tokenOf('the boss', { isAdmin: true }));
    await admin.muteUser({ userId: 'ann', isMicrophoneMuted: true });
    await admin.endSession({ sessionId });
    const actions = board.page.getByRole('list', { name: 'Actions' }).locator('.cut');
    await eventually(
      () => actions.allInnerTexts(),
      ['the boss ended a session of ann', 'the boss muted the microphone of ann'],
    );
    await board.page.getByLabel('Filter actions').fill('microphone');
    await eventually(() => actions.allInnerTexts(), ['the boss muted the microphone of ann']);
    const [, line, ...more] = await board.exported('actions');
    expect(line).toMatch(/^\d{4}-.+Z,the boss,ann,muted the microphone of ann$/);
    expect(more).toEqual([]);
    await actions.click();
    await board.panel('ann').getByText('OFFLINE: there is no session').waitFor();
    board.expectNoComplaints();
  });

  it('sees the groups of a user', async () => {
    await dashboard.come('zoë/1', {}, { grants: { groups: ['acme', 'sales'] } });
    const board = await dashboard.open();
    await board.row('zoë/1').click();
    const groups = board.panel('zoë/1').getByRole('region', { name: 'Groups' });
    await eventually(() => groups.locator('.fact').allInnerTexts(), ['acme', 'sales']);
    const named = board.requests.filter((url) => decodeURIComponent(url).includes('zoë'));
    expect(named).toEqual([]);
  });

  it('acts on several users after a confirmation, and sees for whom it failed', async () => {
    for (const name of ['ann', 'ben']) await dashboard.come(name, { channelId: 'lobby' });
    await dashboard.come('cem');
    const board = await dashboard.open();
    await board.shows(['ann', 'ben', 'cem']);
    const bar = board.page.getByRole('group', { name: 'Selected users' });
    await board.page.getByLabel('Select all shown users').check();
    await bar.getByText('3 selected').waitFor();
    await bar.getByLabel('Action').selectOption('Move to a channel');
    await bar.getByLabel('To channel').fill('stage');
    await bar.getByRole('button', { name: 'Continue' }).click();
    await bar.getByText('Move ann, ben, cem from lobby to stage?').waitFor();
    await bar.getByRole('button', { name: 'Cancel' }).click();
    await board.row('ann').getByText('lobby').waitFor();

    await bar.getByRole('button', { name: 'Continue' }).click();
    await bar.getByRole('button', { name: 'Yes, for 3' }).click();
    await bar.getByText('Move to a channel: done for 2, failed for 1').waitFor();
    const failures = bar.getByRole('list', { name: 'Failures' }).getByRole('listitem');
    expect(await failures.allInnerTexts()).toEqual([expect.stringMatching(/^cem: .+channel/)]);
    for (const name of ['ann', 'ben']) await board.row(name).getByText('stage').waitFor();

    // The user for whom it failed is still selected, and the keyboard selects another one.
    await bar.getByRole('button', { name: 'OK' }).click();
    await bar.getByText('1 selected').waitFor();
    await board.grid.focus();
    await board.press('Home', 'Space');
    await bar.getByText('2 selected').waitFor();
    await bar.getByLabel('Action').selectOption('End sessions');
    await bar.getByRole('button', { name: 'Continue' }).click();
    await bar.getByText('End all sessions of cem, ann?').waitFor();
    await bar.getByRole('button', { name: 'Yes, for 2' }).click();
    await bar.getByText('End sessions: done for 2').waitFor();
    await board.shows(['ben']);
    board.expectNoComplaints(/404/);
  });

  it('sees how the metrics were before the page was opened', async () => {
    const samples = async (): Promise<number> => {
      const authorization = `Bearer ${await tokenOf('root', { isAdmin: true })}`;
      const response = await fetch(`${dashboard.url}/dashboard/metrics/history`, {
        headers: { authorization },
      });
      return ((await response.json()) as readonly unknown[]).length;
    };
    await eventually(async () => (await samples()) > 2, true);
    const board = await dashboard.visit();
    // The page cannot read the current metrics, so that every point of a line is from before.
    await board.page.route('**/dashboard/metrics', (route) => route.abort());
    await board.enter(await tokenOf('root', { isAdmin: true }));
    const line = board.page.locator('.tile .line').first();
    await eventually(() => line.getAttribute('d').then((path) => path?.startsWith('M')), true);
  });
});
