import { describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { tokenOf } from '../../test/support/service.js';
import { Board } from './support/board.js';
import { startDashboard } from './support/dashboard.js';

describe('The address of the dashboard', () => {
  const dashboard = startDashboard();

  const addressWith = (token: string): string => `${dashboard.url}/#token=${token}`;
  const adminToken = (): Promise<string> => tokenOf('root', { isAdmin: true });
  const historyLength = (board: Board): Promise<number> =>
    board.page.evaluate(() => history.length);

  describe('may contain a token, which', () => {
    it('is taken up when the page is loaded, and leaves no trace', async () => {
      const board = await dashboard.visit('about:blank');
      await board.page.goto(addressWith(await adminToken()));
      await board.says('Live');
      expect(board.page.url()).toBe(`${dashboard.url}/`);
      // The previous page and this page.
      expect(await historyLength(board)).toBe(2);
      expect(board.requests.filter((url) => url.includes('token'))).toEqual([]);
      board.expectNoComplaints();
    });

    it('is taken up by a tab that is open already, and leaves no trace', async () => {
      const board = await dashboard.visit();
      await board.page.getByLabel('Token', { exact: true }).waitFor();
      const before = await historyLength(board);
      // The browser adds an entry for the entered address. There must be no other new entry.
      await board.page.goto(addressWith(await adminToken()));
      await board.says('Live');
      expect(board.page.url()).toBe(`${dashboard.url}/`);
      expect(await historyLength(board)).toBe(before + 1);
      await board.page.goBack();
      expect(board.page.url()).toBe(`${dashboard.url}/`);
      await board.page.goForward();
      expect(board.page.url()).toBe(`${dashboard.url}/`);
      await board.says('Live');
      board.expectNoComplaints();
    });

    it('replaces the token that the tab had', async () => {
      const board = await dashboard.open();
      const next = await tokenOf('another', { isAdmin: true });
      await board.page.goto(addressWith(next));
      await board.page.waitForFunction(
        (token) => Object.values(sessionStorage).includes(token),
        next,
      );
      await board.says('Live');
      await board.page.reload();
      await board.says('Live');
      const kept = await board.page.evaluate(() => Object.values<string>({ ...sessionStorage }));
      expect(kept).toEqual([next]);
    });

    it('changes nothing but the address if it is rejected', async () => {
      const board = await dashboard.open();
      await board.page.goto(addressWith(await tokenOf('ann', { ttlSeconds: -60 })));
      const alert = board.page.getByRole('alert');
      await alert.filter({ hasText: 'it is invalid or has expired' }).waitFor();
      await alert.filter({ hasText: 'You are still signed in' }).waitFor();
      expect(board.page.url()).toBe(`${dashboard.url}/`);
      await board.page.getByRole('button', { name: 'Dismiss' }).click();
      await alert.waitFor({ state: 'detached' });
      await board.page.reload();
      await board.says('Live');
    });

    it('is rejected by the form with a reason if the tab had no other', async () => {
      const board = await dashboard.visit();
      await board.page.goto(addressWith('nonsense'));
      await board.page.getByRole('alert').filter({ hasText: 'rejects this token' }).waitFor();
      expect(board.page.url()).toBe(`${dashboard.url}/`);
      expect(await board.page.evaluate(() => sessionStorage.length)).toBe(0);
    });
  });

  describe('holds a link to the view, which', () => {
    it('survives a reload and a sign-in, and is sent to no server', async () => {
      await dashboard.come('ann', { channelId: 'lobby' });
      await dashboard.come('ben', { channelId: 'attic' });
      const board = await dashboard.visit(`${dashboard.url}/#user=ann&search=an&channel=lobby`);
      const isShown = async (): Promise<void> => {
        await board.panel('ann').getByRole('heading', { name: 'ann' }).waitFor();
        await board.shows(['ann']);
        await board.channel('lobby', { isOpen: true }).waitFor();
        await board.channel('attic', { isOpen: false }).waitFor();
      };
      await board.enter(await adminToken());
      await isShown();
      await board.page.reload();
      await isShown();
      expect(board.page.url()).toBe(`${dashboard.url}/#user=ann&search=an&channel=lobby`);
      expect(board.requests.filter((url) => /(user|search|channel)=/.test(url))).toEqual([]);
      board.expectNoComplaints();
    });

    it('follows what the person does, without new entries in the history', async () => {
      await dashboard.come('ann', { channelId: 'lobby' });
      const board = await dashboard.open();
      const before = await historyLength(board);
      await board.page.getByLabel('Search users').fill('lobby');
      await board.page.getByRole('button', { name: 'Online, 1' }).click();
      await board.page.getByRole('button', { name: 'Idle', exact: true }).click();
      await board.page.getByLabel('Filter events').fill('joined');
      await board.page.getByLabel('Kind of event').selectOption('Channel');
      await board.row('ann').click();
      await board.linksTo(
        'user=ann&search=lobby&status=online&sort=idle&events=joined&kind=channel',
      );
      await board.press('Escape');
      await board.tab('Channels');
      await board.channel('lobby', { isOpen: false }).click();
      await board.linksTo(
        'search=lobby&status=online&sort=idle&channel=lobby&events=joined&kind=channel',
      );
      expect(await historyLength(board)).toBe(before);
      await board.page.getByRole('button', { name: 'Sign out' }).click();
      await board.page.getByLabel('Token', { exact: true }).waitFor();
      expect(board.page.url()).toBe(`${dashboard.url}/`);
    });

    it('can be entered in an open tab, and can come with a token', async () => {
      await dashboard.come('ann', { channelId: 'lobby' });
      const board = await dashboard.visit();
      await board.page.goto(`${addressWith(await adminToken())}&user=ann`);
      await board.panel('ann').waitFor();
      expect(board.page.url()).toBe(`${dashboard.url}/#user=ann`);
      await board.page.goto(`${dashboard.url}/#channel=lobby`);
      await board.channel('lobby', { isOpen: true }).waitFor();
      await board.panel('ann').waitFor({ state: 'detached' });
    });

    it('opens a channel that is far below', async () => {
      const { client, sessionId } = await dashboard.come('ann');
      for (let i = 100; i < 150; i++)
        await client.joinChannel({ sessionId, channelId: `room-${i}`, keepOthers: true });
      const board = await dashboard.visit(`${dashboard.url}/#channel=room-148`);
      await board.enter(await adminToken());
      await board.channel('room-148', { isOpen: true }).waitFor();
      const scrolled = board.page.getByRole('tabpanel').locator('.scroller');
      await eventually(() => scrolled.evaluate(({ scrollTop }) => scrollTop > 0), true);
    });

    it('to an id that no user can have does not sign out', async () => {
      const board = await dashboard.visit(`${dashboard.url}/#user=${'x'.repeat(129)}`);
      await board.enter(await adminToken());
      await board.page.getByText('No user can have this id.').waitFor();
      await board.says('Live');
    });
  });
});
