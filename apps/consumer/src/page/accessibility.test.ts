import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { describeInBrowser, isScrolledSideways, violations } from '../../testing/browser.ts';
import { Site } from '../../testing/site.ts';

const TOPICS = ['hello-world', 'other'];
const VIEWS = [1280, 320].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme, bypassCSP: true })),
);

/** Ends animations, whose colours on the way are nobody's choice. */
const settle = (page: Page) =>
  page.evaluate(() => {
    for (const animation of document.getAnimations()) animation.finish();
  });

describeInBrowser('accessibility', (open) => {
  describe.each(VIEWS)('at $width px, $colorScheme', (view) => {
    it('has nothing that axe objects to: rows, topics, paused, filtered, refused; nor scrolls sideways', async () => {
      const site = await Site.start({ TOPICS });
      await site.sayMany(60);
      await site.append(null);
      const { page } = await open(site.url, view);
      await page.getByText('the record has no value').waitFor();
      await site.say('x'.repeat(300));
      await site.say('live');
      await page.getByText('live', { exact: true }).waitFor();
      await settle(page);
      expect(await violations(page)).toEqual([]);
      expect(await isScrolledSideways(page)).toBe(false);

      await page.getByRole('button', { name: 'Pause' }).click();
      await site.say('held');
      await page.locator('#held').waitFor();
      await page.getByRole('searchbox').fill('no such thing');
      expect(await violations(page)).toEqual([]);
      expect(await isScrolledSideways(page)).toBe(false);

      await page.goto(`${site.url}/?topic=nope`);
      await page.getByRole('alert').waitFor();
      expect(await violations(page)).toEqual([]);
      expect(await isScrolledSideways(page)).toBe(false);
    });
  });

  it('moves nothing but the rows when messages come', async () => {
    const site = await Site.start();
    const { page } = await open(site.url, { width: 320, clock: true });
    await site.say('one');
    await page.getByText('one').waitFor();
    await page.clock.runFor(1_000);
    const fixed = ['header', '.tiles', '.plots', '.toolbar', '#log'];
    const places = () =>
      Promise.all(fixed.map((selector) => page.locator(selector).evaluate((part) => part.getBoundingClientRect().top)));
    const before = await places();
    await page.evaluate(() => {
      const shifted: string[] = [];
      Object.assign(globalThis, { shifted });
      new PerformanceObserver((list) => {
        for (const { sources } of list.getEntries() as unknown as { sources: { node: Node | null }[] }[]) {
          for (const { node } of sources) {
            const part = node instanceof Element ? node : node?.parentElement;
            if (part && !part.closest('#log')) shifted.push(part.outerHTML.slice(0, 80));
          }
        }
      }).observe({ type: 'layout-shift' });
    });
    for (const [nextInMs, text] of [
      [9_999, 'two'],
      [12, 'three'],
      [10_001, 'four'],
    ] as const) {
      await site.say(text, { nextInMs });
      await page.getByText(text).waitFor();
      await page.clock.runFor(1_000);
    }

    expect(await places()).toEqual(before);
    expect(await page.evaluate(() => (globalThis as unknown as { shifted: string[] }).shifted)).toEqual([]);
  });

  it('moves less for those who want that', async () => {
    const site = await Site.start();
    const { page } = await open(site.url, { reducedMotion: 'reduce' });
    await expect.poll(() => page.locator('#pill').textContent()).toBe('Live');
    await site.say();
    const row = page.locator('.row.arrived');
    await row.waitFor();

    expect(await row.evaluate((element) => getComputedStyle(element).animationName)).toBe('none');
    expect(await page.locator('#progress').isVisible()).toBe(false);
    await expect.poll(() => page.locator('#next').textContent()).toMatch(/^\d s$/);
  });

  it('can be used with the keyboard alone', async () => {
    const site = await Site.start({ TOPICS });
    await site.sayMany(60);
    const { page } = await open(site.url);
    await page.getByText('Hello 59').waitFor();
    const names: string[] = [];
    for (let presses = 0; presses < 11; presses += 1) {
      await page.keyboard.press('Tab');
      names.push(await page.evaluate(() => document.activeElement!.id || document.activeElement!.textContent.trim()));
    }
    const own = ['Plots', 'histogram', 'pause', 'filter', 'Go to', 'export-csv', 'export-ndjson', 'keys-open', 'log'];
    expect(names).toEqual([...TOPICS, ...own]);

    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Hello 0', { exact: true }).waitFor();
    await site.say('held');
    await page.locator('#held').focus();
    await page.keyboard.press('Enter');
    await page.getByText('held').waitFor();
    expect(await page.evaluate(() => document.activeElement!.id)).toBe('log');
  });
});
