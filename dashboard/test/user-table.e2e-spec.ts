import { describe, expect, it } from 'vitest';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { startDashboard } from './support/dashboard.js';

describe('The dashboard', () => {
  const dashboard = startDashboard();

  describe('has a table of users that', () => {
    it('follows every change', async () => {
      const mia = await dashboard.come('mia');
      const board = await dashboard.open();
      await board.shows(['mia']);
      const { client, sessionId } = mia;
      await client.joinChannel({ sessionId, channelId: 'lobby' });
      await client.updateMuteState({ sessionId, isMicrophoneMuted: true });
      const choice = StatusChoice.STATUS_CHOICE_DO_NOT_DISTURB;
      await client.updateStatus({ sessionId, choice, statusText: 'in a call' });
      await board.rowSays('mia', [
        'mia\nin a call',
        'Do not disturb',
        'lobby',
        'microphone',
        'desktop',
        expect.stringMatching(/^≤ \d+ s$/) as string,
      ]);
      await dashboard.come('ada');
      await board.shows(['ada', 'mia']);
      await client.endSession({ sessionId });
      await board.shows(['ada']);
    });

    it('shows as text whatever users call themselves', async () => {
      const name = '<img src=x onerror=alert(1)>';
      const { client, sessionId } = await dashboard.come(name, {
        channelId: '<b>bold</b>',
      });
      await client.updateStatus({
        sessionId,
        choice: StatusChoice.STATUS_CHOICE_AUTOMATIC,
        statusText: '<script>alert(1)</script>',
      });
      const board = await dashboard.open();
      await board.row(name).getByText('<script>alert(1)</script>').waitFor();
      await board.row(name).getByText('<b>bold</b>').waitFor();
      expect(await board.page.locator('img, b, #dashboard script').count()).toBe(0);
      board.expectNoComplaints();
    });

    it('shows a message if no user is online', async () => {
      const board = await dashboard.open();
      await board.page.getByText('All users are offline.').waitFor();
    });

    it('can be searched and filtered, and also explains users who are not in it', async () => {
      await dashboard.come('ann', { channelId: 'lobby' });
      await dashboard.come('ben', { platform: 'mobile' });
      const { client, sessionId } = await dashboard.come('kim');
      await client.updateStatus({ sessionId, choice: StatusChoice.STATUS_CHOICE_AWAY });
      const board = await dashboard.open();
      await board.shows(['ann', 'ben', 'kim']);

      const search = board.page.getByLabel('Search users');
      await search.fill('LOBBY');
      await board.shows(['ann']);
      await search.fill('');
      const away = board.page.getByRole('button', { name: 'Away, 1' });
      await away.click();
      await board.shows(['kim']);
      await board.page.getByRole('button', { name: 'Online, 2' }).click();
      await board.shows(['ann', 'ben', 'kim']);
      await away.click();
      await board.shows(['ann', 'ben']);

      await search.fill('zoe');
      await board.page.getByRole('button', { name: 'Explain the user “zoe”' }).click();
      await board.panel('zoe').getByText('OFFLINE: there is no session').waitFor();
    });

    it('can be sorted by its columns, and shows by which', async () => {
      await dashboard.come('ann', { channelId: 'zebra' });
      await dashboard.come('ben', { channelId: 'apple' });
      await dashboard.come('cem');
      const board = await dashboard.open();
      await board.shows(['ann', 'ben', 'cem']);
      const header = board.page.getByRole('columnheader', { name: 'Channel' });
      await header.getByRole('button').click();
      await board.shows(['ben', 'ann', 'cem']);
      expect(await header.getAttribute('aria-sort')).toBe('ascending');
      await header.getByRole('button').click();
      expect(await header.getAttribute('aria-sort')).toBe('descending');
      await board.shows(['cem', 'ann', 'ben']);
    });
  });
});
