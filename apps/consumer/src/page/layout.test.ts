import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { describeInBrowser, isDrawn, isScrolledSideways, violations } from '../../testing/browser.ts';
import { messages } from '../../testing/message.ts';
import { ScriptedSite, toCounts } from '../../testing/scripted-site.ts';

const PHONE = { width: 320, height: 640 };
const COUNTS = Array.from({ length: 60 }, (_, index) => index);

/** A site with enough messages to scroll in. */
async function start(): Promise<ScriptedSite> {
  const site = await ScriptedSite.start();
  site.catchUp = site.toCatchUp(messages(0, 99), {});
  site.counts = toCounts(COUNTS);
  return site;
}

const box = async (page: Page, selector: string) => (await page.locator(selector).first().boundingBox())!;
const colour = (page: Page, selector: string, property: string, pseudo?: string) =>
  page
    .locator(selector)
    .first()
    .evaluate((part, [name, of]) => getComputedStyle(part, of).getPropertyValue(name), [property, pseudo] as const);

describeInBrowser('the layout', (open) => {
  it('has messages on the first screen of a phone, and plots that open', async () => {
    const site = await start();
    const { page } = await open(site.url, { ...PHONE, bypassCSP: true });
    await page.locator('.row').first().waitFor();

    const rows = await Promise.all((await page.locator('.row').all()).slice(0, 3).map((row) => row.boundingBox()));
    for (const row of rows) expect(row!.y + row!.height).toBeLessThan(PHONE.height);
    expect(await page.locator('#histogram').isVisible()).toBe(false);
    await page.getByText('Plots').click();
    await expect.poll(() => isDrawn(page, '#histogram')).toBe(true);
    expect(await isScrolledSideways(page)).toBe(false);
    expect(await violations(page)).toEqual([]);
  });

  it.each([320, 640, 1280])('has its four figures in one line at %i px', async (width) => {
    const site = await start();
    const { page } = await open(site.url, { width });
    await page.locator('.row').first().waitFor();

    const tops = await page
      .locator('.figure')
      .evaluateAll((all) => all.map((each) => each.getBoundingClientRect().top));
    expect(new Set(tops).size).toBe(1);
    expect(tops.length).toBe(4);
  });

  it.each([320, 640, 1280])('stands still at %i px from its first picture on', async (width) => {
    const site = await start();
    const { page } = await open(site.url, { width, height: 640, address: '/#' });
    await page.addInitScript(() => {
      const shifts: string[] = [];
      Object.assign(globalThis, { shifts });
      new PerformanceObserver((list) => {
        for (const { sources } of list.getEntries() as unknown as { sources: { node: Node | null }[] }[])
          // What stands at the right grows to its left with its words, and moves nothing else.
          shifts.push(
            ...sources
              .filter(({ node }) => !(node as Element).matches('#pill, .told'))
              .map(({ node }) => (node as Element).outerHTML),
          );
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.reload();
    await page.locator('.row').first().waitFor();
    await page.waitForFunction(() => document.querySelector('#histogram-said')!.textContent !== '…');

    expect(await page.evaluate(() => (globalThis as unknown as { shifts: string[] }).shifts)).toEqual([]);
  });

  describe.each([
    { width: 1280, height: 800 },
    { width: 640, height: 800 },
    { width: 320, height: 640 },
  ])('at $width px', (view) => {
    it('keeps the toolbar and the columns in view, within a quarter of the window, and the focus clear of them', async () => {
      const site = await start();
      const { page } = await open(site.url, view);
      await page.locator('.row').nth(50).scrollIntoViewIfNeeded();
      await page.evaluate(() => scrollBy({ top: 100, behavior: 'instant' }));

      const toolbar = await box(page, '.toolbar');
      expect(toolbar.y).toBe(0);
      const columns = await box(page, '.columns');
      const bottom = Math.max(toolbar.height, columns.y + columns.height);
      expect(columns.y).toBeGreaterThanOrEqual(toolbar.height);
      expect(bottom).toBeLessThan(view.height / 4);

      const row = page.locator('.row').nth(2);
      await row.evaluate((part) => {
        part.tabIndex = -1;
        part.focus();
      });
      await expect.poll(async () => (await row.boundingBox())!.y).toBeGreaterThanOrEqual(bottom);
    });
  });

  it('says which topic it is, how much of it there is, and how long it is kept', async () => {
    const site = await start();
    Object.assign(site.catchUp, { total: 7_412, partitions: 3 });
    const { page } = await open(site.url);

    await expect.poll(() => page.locator('#feed-title').textContent()).toBe('hello-world');
    expect(await page.locator('#facts').textContent()).toMatch(/^7,412 messages · 3 partitions/);
    site.say(...messages(100, 101));
    await expect.poll(() => page.locator('#facts').textContent()).toMatch(/^7,414 messages/);
  });

  it('tells in forced colours what otherwise a colour tells', async () => {
    const site = await start();
    const { page } = await open(site.url, { forcedColors: 'active' });
    await expect.poll(() => isDrawn(page, '#histogram')).toBe(true);
    const [surface, highlight] = await page.evaluate(() => {
      const probe = document.createElement('i');
      document.body.append(probe);
      return ['Canvas', 'Highlight'].map((name) => {
        probe.style.cssText = `forced-color-adjust: none; color: ${name}`;
        return getComputedStyle(probe).color;
      });
    });
    expect(highlight).not.toBe(surface);

    expect(await colour(page, '.pill', 'background-color', '::before')).toBe(highlight);
    expect(await colour(page, '#histogram .bars', 'fill')).toBe(highlight);
    expect(await colour(page, '.told', 'color')).not.toBe(surface);
    await page.getByRole('button', { name: 'Pause' }).click();
    expect(await colour(page, '#pause', 'background-color')).toBe(highlight);
    expect(await colour(page, 'progress', 'forced-color-adjust')).toBe('none');
  });

  it('draws in the colours of the moment, also while it is paused', async () => {
    const site = await start();
    const { page } = await open(site.url, { colorScheme: 'light' });
    await expect.poll(() => isDrawn(page, '#histogram')).toBe(true);
    await page.getByRole('button', { name: 'Pause' }).click();
    const light = await colour(page, '#histogram .bars', 'fill');
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await colour(page, '#histogram .bars', 'fill')).not.toBe(light);
  });

  it('prints the messages, and nothing to press', async () => {
    const site = await start();
    const { page } = await open(site.url, { colorScheme: 'dark' });
    await page.locator('.row').first().waitFor();
    await page.emulateMedia({ media: 'print' });

    expect(await page.locator('.row').first().isVisible()).toBe(true);
    for (const part of ['.toolbar', '.plots', '.tiles', '.pill'])
      expect(await page.locator(part).isVisible()).toBe(false);
    expect(await page.getByRole('button').count()).toBe(0);
  });
});
