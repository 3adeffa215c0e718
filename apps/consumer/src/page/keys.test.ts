import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { describeInBrowser, isScrolledSideways, violations } from '../../testing/browser.ts';
import { Site } from '../../testing/site.ts';

/** The text of the row that has the focus, or the id of what else has it. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const { activeElement: element } = document;
    return element!.matches('.row') ? element!.querySelector('.text')!.textContent : element!.id;
  });

/** Whether all of the row can be seen that has the focus: nothing lies above it. */
const isInView = (page: Page) =>
  page.evaluate(() => {
    const { activeElement: element } = document;
    const { left, top, bottom } = element!.getBoundingClientRect();
    return [top + 2, bottom - 2].every((y) => element!.contains(document.elementFromPoint(left + 5, y)));
  });

async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

describeInBrowser('the keyboard', (open) => {
  async function start(count: number, view = {}) {
    const site = await Site.start();
    await site.sayMany(count);
    const opened = await open(site.url, view);
    await opened.page.getByText(`Hello ${count - 1}`, { exact: true }).waitFor();
    return { site, ...opened };
  }

  it('moves from row to row, by letters from anywhere and by arrows among the rows', async () => {
    const { page, complaints } = await start(5);
    await press(page, 'ArrowDown');
    expect(await focused(page)).toBe('');
    await press(page, 'j');
    expect(await focused(page)).toBe('Hello 4');
    await press(page, 'j', 'ArrowDown', 'ArrowUp', 'J', 'k', 'ArrowDown');
    expect(await focused(page)).toBe('Hello 2');
    await press(page, 'j', 'j', 'j', 'j');
    expect(await focused(page)).toBe('Hello 0');
    await page.getByRole('row', { name: 'Hello 3' }).focus();
    await press(page, 'k', 'k', 'k');
    expect(await focused(page)).toBe('Hello 4');
    expect(complaints).toEqual([]);
  });

  it('has all rows as one stop of the tab key', async () => {
    const { page } = await start(5);
    await page.locator('#keys-open').focus();
    await press(page, 'Tab');
    expect(await page.evaluate(() => document.activeElement!.id)).toBe('log');
    await press(page, 'ArrowDown');
    expect(await focused(page)).toBe('Hello 4');
  });

  it('has a key for each button', async () => {
    const { site, page } = await start(60);
    const pause = page.getByRole('button', { name: 'Pause' });
    await press(page, 'p');
    expect(await pause.getAttribute('aria-pressed')).toBe('true');
    await site.say('held');
    await page.locator('#held').waitFor();
    await press(page, 'n');
    await page.getByText('held', { exact: true }).waitFor();
    expect(await pause.getAttribute('aria-pressed')).toBe('false');
    await press(page, 'e');
    expect(await focused(page)).toBe('export-csv');
    await press(page, 'g');
    await expect.poll(() => focused(page)).toBe('go-time');
    await press(page, 'Escape', '/');
    expect(await focused(page)).toBe('filter');
    // There they are letters.
    await press(page, 'p', 'j', '?');
    expect(await page.locator('#filter').inputValue()).toBe('pj?');
    expect(await pause.getAttribute('aria-pressed')).toBe('false');
  });

  it('leaves keys with modifiers to the browser', async () => {
    const { page } = await start(3);
    await press(page, 'Control+j', 'Alt+p', 'Meta+k', 'Control+/');
    expect(await focused(page)).toBe('');
    expect(await page.getByRole('button', { name: 'Pause' }).getAttribute('aria-pressed')).toBe('false');
  });

  it.each(['its button', 'the key'])(
    'goes on at the first row that came when older ones are loaded by %s',
    async (by) => {
      const { page } = await start(160);
      const older = page.getByRole('button', { name: 'Load older' });
      if (by === 'the key') await press(page, 'o');
      else {
        await older.focus();
        await press(page, 'Enter');
      }
      await expect.poll(() => focused(page)).toBe('Hello 109');
      expect(await isInView(page)).toBe(true);
      await press(page, 'k');
      expect(await focused(page)).toBe('Hello 110');
      expect(await isInView(page)).toBe(true);

      await press(page, 'o');
      await expect.poll(() => focused(page)).toBe('Hello 9');
      expect(await older.isVisible()).toBe(false);
    },
  );

  it('leaves the focus where somebody went while older ones were loaded', async () => {
    const { page } = await start(160);
    const { promise: late, resolve } = Promise.withResolvers<void>();
    await page.route('**/api/topics/*/messages?*', async (route) => {
      await late;
      await route.continue();
    });
    await press(page, 'o', '/');
    resolve();
    await expect.poll(() => page.locator('.row').count()).toBe(150);
    expect(await focused(page)).toBe('filter');
  });

  it('keeps the row in view that has the focus', async () => {
    const { page } = await start(50);
    for (let presses = 0; presses < 45; presses += 1) await press(page, 'j');
    expect(await focused(page)).toBe('Hello 5');
    expect(await isInView(page)).toBe(true);
    for (let presses = 0; presses < 40; presses += 1) await press(page, 'k');
    expect(await focused(page)).toBe('Hello 45');
    expect(await isInView(page)).toBe(true);
  });

  it('can do without single letters, also the next time', async () => {
    const { page } = await start(3);
    await press(page, '?');
    await page.getByLabel('Single letters are keys').uncheck();
    await press(page, 'Escape', 'j', 'p', '?');
    expect(await page.getByRole('dialog').isVisible()).toBe(false);
    expect(await page.getByRole('button', { name: 'Pause' }).getAttribute('aria-pressed')).toBe('false');

    await page.reload();
    await page.getByText('Hello 2').waitFor();
    await press(page, 'j');
    expect(await focused(page)).not.toBe('Hello 2');
    await page.locator('#log').focus();
    await press(page, 'ArrowDown');
    expect(await focused(page)).toBe('Hello 2');
    await page.getByRole('button', { name: 'Keys' }).click();
    await page.getByLabel('Single letters are keys').check();
    await press(page, 'Escape', 'k', 'j');
    expect(await focused(page)).toBe('Hello 1');
  });

  describe.each([
    { width: 1280, colorScheme: 'light' as const },
    { width: 320, colorScheme: 'dark' as const },
  ])('at $width px, $colorScheme', (view) => {
    it('shows all keys, and nothing that axe objects to', async () => {
      const { page } = await start(3, { ...view, bypassCSP: true });
      await press(page, '?');
      const dialog = page.getByRole('dialog', { name: 'Keys' });
      await dialog.waitFor();
      const shown = await dialog.locator('dt').allTextContents();
      expect(shown.map((keys) => keys.trim())).toEqual([
        'J ↓',
        'K ↑',
        'Enter',
        'N',
        'O',
        'L',
        'P',
        '/',
        'G',
        'E',
        '?',
        'Esc',
      ]);
      expect(await violations(page)).toEqual([]);
      expect(await isScrolledSideways(page)).toBe(false);
      if (process.env['PICTURES']) await page.screenshot({ path: `${process.env['PICTURES']}/keys-${view.width}.png` });
      // What is behind the dialog hears none of them.
      await press(page, 'p', 'j', 'Escape');
      expect(await page.getByRole('button', { name: 'Pause' }).getAttribute('aria-pressed')).toBe('false');
    });
  });
});
