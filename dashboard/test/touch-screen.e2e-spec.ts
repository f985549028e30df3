import { describe, expect, it } from 'vitest';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { Board } from './support/board.js';
import { startDashboard } from './support/dashboard.js';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** The minimum width of text. Narrower, truncated text cannot be read. */
const LEGIBLE_PX = 40;

describe('The dashboard on the touch screen of a phone', () => {
  const dashboard = startDashboard();

  async function open(): Promise<Board> {
    const people = [
      ['ada', 'in a call with the customers'],
      ['bartholomew-montgomery', 'deep work until noon'],
      ['felix.fitzgerald', 'lunch'],
    ] as const;
    for (const [name, statusText] of people) {
      const { client, sessionId } = await dashboard.come(name, {
        channelId: 'a-long-channel-name',
      });
      const choice = StatusChoice.STATUS_CHOICE_DO_NOT_DISTURB;
      await client.updateStatus({ sessionId, choice, statusText });
    }
    const board = await dashboard.open(PHONE);
    await board.row('felix').getByText('lunch').waitFor({ state: 'attached' });
    return board;
  }

  it('shows status texts that can be read', async () => {
    const board = await open();
    const tooNarrow = await board.grid
      .locator('.who bdi')
      .evaluateAll(
        (texts, legible) =>
          texts
            .filter(({ clientWidth, scrollWidth }) => clientWidth < Math.min(scrollWidth, legible))
            .map(({ textContent, clientWidth }) => `${textContent}: ${clientWidth} px`),
        LEGIBLE_PX,
      );
    expect(tooNarrow).toEqual([]);
    expect(await board.grid.locator('.who .text').count()).toBe(3);
  });

  it('has no status text over the row below', async () => {
    const board = await open();
    const overlaps = await board.grid
      .locator('.rows > .row')
      .evaluateAll((rows) =>
        rows
          .filter((row) =>
            [...row.querySelectorAll('bdi')].some(
              (text) =>
                text.getBoundingClientRect().top < row.getBoundingClientRect().top ||
                text.getBoundingClientRect().bottom > row.getBoundingClientRect().bottom,
            ),
          )
          .map(({ id }) => id),
      );
    const tops = await board.grid
      .locator('.rows > .row')
      .evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().top));
    const [first, second] = tops.sort((a, b) => a - b);
    const { height } = (await board.row('ada').boundingBox())!;
    expect(second! - first!).toBe(height);
    expect(overlaps).toEqual([]);
  });

  it('has the labels and metrics of neighbours on one line, none of them cut', async () => {
    const board = await open();
    const tiles = await board.page.locator('.tile').evaluateAll((found) =>
      found.map((tile) => {
        const [label, value, more] = ['h2', '.value', '.more'].map((name) =>
          tile.querySelector<HTMLElement>(name)!,
        );
        return {
          tops: [label!, value!].map((element) => Math.round(element.getBoundingClientRect().top)),
          isCut: more!.scrollWidth > more!.clientWidth,
        };
      }),
    );
    expect(tiles.map(({ isCut }) => isCut)).toEqual([false, false, false, false]);
    expect(tiles[0]!.tops).toEqual(tiles[1]!.tops);
    expect(tiles[2]!.tops).toEqual(tiles[3]!.tops);
  });

  it('shows no hint at a key', async () => {
    const board = await open();
    expect(await board.page.locator('kbd').count()).toBeGreaterThan(0);
    expect(await board.page.locator('kbd:visible').count()).toBe(0);
    await board.page.setViewportSize({ width: 1280, height: 800 });
    expect(await board.page.locator('kbd:visible').count()).toBe(0);
  });

  it('keeps all of a session within its card, also while it asks whether to end it', async () => {
    const board = await open();
    await board.row('ada').tap();
    const card = board.panel('ada').getByRole('article');
    await card.getByRole('button', { name: 'End session' }).tap();
    await card.getByRole('button', { name: 'Keep it' }).waitFor();
    const outside = await card.evaluate((element) => {
      const { left, right } = element.getBoundingClientRect();
      return [...element.querySelectorAll('*')]
        .filter((part) => {
          const box = part.getBoundingClientRect();
          return box.left < left || box.right > right;
        })
        .map(({ textContent }) => textContent);
    });
    expect(outside).toEqual([]);
  });
});
