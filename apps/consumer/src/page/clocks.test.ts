import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser, isDrawn } from '../../testing/browser.ts';
import { Site } from '../../testing/site.ts';

const HOUR_MS = 3_600_000;

const figure = (page: Page, id: string) => page.locator(`#${id}`).textContent();
const live = async (page: Page) => {
  await expect.poll(() => figure(page, 'pill')).toBe('Live');
};
const row = (page: Page, text: string) => page.locator('.row', { hasText: text });

describeInBrowser('clocks that do not agree', (open) => {
  it.each([HOUR_MS, -HOUR_MS, 400 * 24 * HOUR_MS])('change nothing: a browser’s, %i ms ahead', async (clock) => {
    const site = await Site.start();
    await site.say('of before');
    const { page } = await open(site.url, { clock });
    await live(page);
    expect(await figure(page, 'next')).toMatch(/^[34]\.\d s$/);
    await site.say('new', { sentAt: Date.now() - 100 });
    await row(page, 'new').waitFor();

    expect(await figure(page, 'next')).toMatch(/^[34]\.\d s$/);
    expect(await figure(page, 'latency')).toMatch(/^1\d\d ms$/);
    expect(await row(page, 'new').locator('.delay').textContent()).toMatch(/^took 1\d\d ms$/);
    expect(await row(page, 'of before').locator('.relative').textContent()).toMatch(/^\ds ago$/);
    expect(await row(page, 'new').locator('.absolute').textContent()).toMatch(/^\d\d:\d\d:\d\d$/);
    await expect.poll(() => isDrawn(page, '#rate-plot')).toBe(true);
    expect(await isDrawn(page, '#latency-plot')).toBe(true);
  });

  it('change nothing when the browser’s is set while the page is open', async () => {
    const site = await Site.start();
    const { page } = await open(site.url, { clock: true });
    await live(page);
    for (const hours of [2, -3]) {
      await page.clock.setSystemTime(Date.now() + hours * HOUR_MS);
      await site.say(`after ${hours} h`);
      await row(page, `after ${hours} h`).waitFor();
      await expect.poll(() => figure(page, 'next')).toMatch(/^[34]\.\d s$/);
      expect(await figure(page, 'latency')).toMatch(/^\d+ ms$/);
      expect(await row(page, `after ${hours} h`).locator('.relative').textContent()).toBe('0s ago');
    }
  });

  it.each([HOUR_MS, -HOUR_MS])('are not compared: a producer’s, %i ms ahead', async (aheadMs) => {
    const site = await Site.start();
    const sentAt = () => Date.now() + aheadMs;
    await site.say('of before', { sentAt: sentAt() });
    const { page } = await open(site.url);
    await row(page, 'of before').waitFor();
    expect(await figure(page, 'next')).toBe(aheadMs > 0 ? '–' : 'overdue');
    await site.say('new', { sentAt: sentAt() });
    await row(page, 'new').waitFor();

    await expect.poll(() => figure(page, 'next')).toMatch(/^[34]\.\d s$/);
    expect(await figure(page, 'latency')).toBe('–');
    expect(await row(page, 'new').locator('.delay').isVisible()).toBe(false);
  });

  it('show the date of what becomes yesterday’s', async () => {
    const site = await Site.start();
    await site.say();
    const { page } = await open(site.url, { clock: true });
    const time = page.locator('.row .absolute');
    await expect.poll(() => time.textContent()).toMatch(/^\d\d:\d\d:\d\d$/);
    await page.clock.fastForward(24 * HOUR_MS);
    await expect.poll(() => time.textContent()).toMatch(/^\d{1,2} \w{3}, \d\d:\d\d:\d\d$/);
  });
});
