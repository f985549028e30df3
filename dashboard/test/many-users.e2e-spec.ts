import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { grpcChannel, type Channel } from '../../test/support/channel.js';
import { Client } from '../../test/support/client.js';
import { tokenOf } from '../../test/support/service.js';
import { Board } from './support/board.js';
import { startDashboard } from './support/dashboard.js';

const USERS = 10_000;

/** The number of sessions that share a connection. */
const TOGETHER = 500;

/** The number of rows in the document: those visible on a screen of 900 pixels, and some more above and below. */
const ROWS_IN_DOCUMENT = 60;

describe('The dashboard of ten thousand users', () => {
  const dashboard = startDashboard(
    { MAX_HEAP_PERCENT: '0' },
    { fixed: { newSessionsPerSecond: 0 } },
  );
  let board: Board;
  const channels: Channel[] = [];
  const visitors: { readonly client: Client; readonly sessionId: string }[] = [];
  beforeAll(async () => {
    for (let from = 0; from < USERS; from += TOGETHER) await gather(from);
  });
  beforeEach(async () => void (board = await dashboard.open()));
  afterAll(() => {
    for (const channel of channels) channel.close();
  });

  async function gather(from: number): Promise<void> {
    const channel = grpcChannel(dashboard.server.grpcAddress);
    channels.push(channel);
    await Promise.all(
      Array.from({ length: TOGETHER }, async (_, i) => {
        const token = await tokenOf(nameOf(from + i));
        const client = new Client([dashboard.server.grpcAddress], token, () => channel);
        const { sessionId } = await client.connect({ platform: 'desktop' });
        visitors[from + i] = { client, sessionId };
      }),
    );
  }

  const rowsInDocument = (): Promise<number> =>
    board.grid.locator('.rows').getByRole('row').count();

  it('renders only the visible rows, and shows the total number', async () => {
    await board.page.getByText('10,000 of 10,000 users').waitFor();
    expect(await board.grid.getAttribute('aria-rowcount')).toBe(`${USERS + 1}`);
    expect(await rowsInDocument()).toBeLessThan(ROWS_IN_DOCUMENT);
  });

  it('is scrolled from end to end while they change, and shows how they are', async () => {
    let isOver = false;
    const changes = (async () => {
      for (let i = 0; !isOver; i = (i + 97) % USERS) {
        const { client, sessionId } = visitors[i]!;
        await client.joinChannel({ sessionId, channelId: `channel-${i % 50}` });
      }
    })();
    for (const share of [0.2, 0.4, 0.6, 0.8, 1, 0.5, 0]) {
      const middle = await board.grid.evaluate((grid, share) => {
        grid.scrollTop = share * (grid.scrollHeight - grid.clientHeight);
        return Math.floor((grid.scrollTop + grid.clientHeight / 2) / 36);
      }, share);
      await board.row(nameOf(middle)).waitFor();
      expect(await rowsInDocument()).toBeLessThan(ROWS_IN_DOCUMENT);
    }
    isOver = true;
    await changes;
    const { client, sessionId } = visitors.at(-1)!;
    const { presence } = await client.joinChannel({ sessionId, channelId: 'the last' });
    await board.grid.focus();
    await board.press('End');
    await board.row(presence!.userId).getByText('the last').waitFor();
  });

  it('finds one of them, sorts them all, and stays in order when they change', async () => {
    const search = board.page.getByLabel('Search users');
    await search.fill('user-04217');
    await board.shows(['user-04217']);
    await search.fill('');
    await board.page.getByRole('button', { name: 'User', exact: true }).click();
    await board.row('user-09999').waitFor();
    const { client, sessionId } = visitors.at(-1)!;
    await client.endSession({ sessionId });
    await board.page.getByText('9,999 of 9,999 users').waitFor();
    await board.row('user-09998').waitFor();
    board.expectNoComplaints();
  });
});

function nameOf(i: number): string {
  return `user-${String(i).padStart(5, '0')}`;
}
