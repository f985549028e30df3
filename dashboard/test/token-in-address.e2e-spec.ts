import { describe, expect, it } from 'vitest';
import { tokenOf } from '../../test/support/service.js';
import { Board } from './support/board.js';
import { startDashboard } from './support/dashboard.js';

describe('A token in the address of the dashboard', () => {
  const dashboard = startDashboard();

  const addressWith = (token: string): string => `${dashboard.url}/#token=${token}`;
  const adminToken = (): Promise<string> => tokenOf('root', { isAdmin: true });
  const historyLength = (board: Board): Promise<number> =>
    board.page.evaluate(() => history.length);

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
