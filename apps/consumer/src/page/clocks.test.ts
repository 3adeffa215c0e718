import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser, isDrawn } from '../../testing/browser.ts';
import { Site } from '../../testing/site.ts';

const HOUR_MS = 3_600_000;
/** The wait that broadcasts announce here, and what counts it down in its first seconds. */
const nextInMs = 60_000;
const COUNTING = /^5\d\.\d s$/;

const figure = (page: Page, id: string) => page.locator(`#${id}`).textContent();
const row = (page: Page, text: string) => page.locator('.row', { hasText: text });

async function live(page: Page): Promise<void> {
  await expect.poll(() => figure(page, 'pill')).toBe('Live');
}

describeInBrowser('clocks that do not agree', (open) => {
  it.each([HOUR_MS, -HOUR_MS, 400 * 24 * HOUR_MS])('change nothing: a browser’s, %i ms ahead', async (clock) => {
    const site = await Site.start();
    await site.say('of before', { nextInMs });
    const { page } = await open(site.url, { clock });
    await live(page);
    await expect.poll(() => figure(page, 'next')).toMatch(COUNTING);
    await site.say('new', { sentAt: Date.now() - 1_500, nextInMs });
    await row(page, 'new').waitFor();

    await expect.poll(() => figure(page, 'next')).toMatch(COUNTING);
    expect(await figure(page, 'latency')).toMatch(/^1\.\d s$/);
    expect(await row(page, 'new').locator('.delay').textContent()).toMatch(/^1\.\d s$/);
    expect(await row(page, 'of before').locator('.relative').textContent()).toMatch(/^\d+s ago$/);
    expect(await row(page, 'new').locator('.absolute').textContent()).toMatch(/^\d\d:\d\d:\d\d$/);
    await expect.poll(() => isDrawn(page, '#latency-plot')).toBe(true);
  });

  it('change nothing when the browser’s is set while the page is open', async () => {
    const site = await Site.start();
    const { page } = await open(site.url, { clock: true });
    await live(page);
    for (const hours of [2, -3]) {
      await page.clock.setSystemTime(Date.now() + hours * HOUR_MS);
      await site.say(`after ${hours} h`, { nextInMs });
      await row(page, `after ${hours} h`).waitFor();
      await expect.poll(() => figure(page, 'next')).toMatch(COUNTING);
      expect(await figure(page, 'latency')).toMatch(/^\d+ ms$/);
      expect(await row(page, `after ${hours} h`).locator('.relative').textContent()).toMatch(/^\ds ago$/);
    }
  });

  it.each([HOUR_MS, -HOUR_MS])('are not compared: a producer’s, %i ms ahead', async (aheadMs) => {
    const site = await Site.start();
    const sentAt = () => Date.now() + aheadMs;
    await site.say('of before', { sentAt: sentAt(), nextInMs });
    const { page } = await open(site.url);
    await row(page, 'of before').waitFor();
    expect(await figure(page, 'next')).toBe(aheadMs > 0 ? '–' : 'overdue');
    await site.say('new', { sentAt: sentAt(), nextInMs });
    await row(page, 'new').waitFor();

    await expect.poll(() => figure(page, 'next')).toMatch(COUNTING);
    expect(await figure(page, 'latency')).toBe('–');
    expect(await row(page, 'new').locator('.delay').textContent()).toBe('');
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
