import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { startDashboard } from './support/dashboard.js';

/** The colours of text, and the colours of the backgrounds below it. */
const WORDS = ['text', 'muted', 'accent', 'danger', 'online', 'idle', 'away', 'do-not-disturb'];
const GROUNDS = ['ground', 'surface', 'raised'];

/** The minimum contrast of text at WCAG level AA. */
const ENOUGH = 4.5;

describe('The dashboard', () => {
  const dashboard = startDashboard();
  let page: Page;
  beforeEach(async () => void ({ page } = await dashboard.open()));

  const background = (): Promise<string> =>
    page.evaluate(() => getComputedStyle(document.body).backgroundColor);

  it.each(['dark', 'light'] as const)(
    'is %s when the system is, with text that can be read',
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      await page.locator(`html[data-theme=${colorScheme}]`).waitFor();
      const values = await page.evaluate(
        (names) => {
          const style = getComputedStyle(document.documentElement);
          return names.map((name) => style.getPropertyValue(`--${name}`));
        },
        [...WORDS, ...GROUNDS],
      );
      const [words, grounds] = [values.slice(0, WORDS.length), values.slice(WORDS.length)];
      const tooFaint = words.flatMap((word, i) =>
        grounds
          .map((ground, k) => ({
            what: `${WORDS[i]} on ${GROUNDS[k]}`,
            is: contrast(word, ground),
          }))
          .filter(({ is }) => is < ENOUGH),
      );
      expect(tooFaint).toEqual([]);
    },
  );

  it('keeps the theme that was chosen, whatever the system prefers', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.getByRole('button', { name: 'Switch to the light theme' }).click();
    expect(await background()).toBe('rgb(244, 245, 248)');
    await page.reload();
    await page.getByRole('button', { name: 'Switch to the dark theme' }).click();
    expect(await background()).toBe('rgb(14, 17, 22)');
  });

  it('does not move for those who ask for less motion', async () => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    const durations = await page.evaluate(() =>
      [...document.querySelectorAll('button')].map(
        (button) => getComputedStyle(button).transitionProperty,
      ),
    );
    expect(new Set(durations)).toEqual(new Set(['none']));
  });

  it('has room for everything on a narrow screen', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    const isTooWide = await page.evaluate(
      () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
    );
    expect(isTooWide).toBe(false);
  });
});

/** Returns the contrast of two colours such as #0e1116, as WCAG defines it. */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light! + 0.05) / (dark! + 0.05);
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = parseInt(colour.trim().slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
