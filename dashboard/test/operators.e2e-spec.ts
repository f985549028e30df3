import { describe, expect, it } from 'vitest';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
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
});
