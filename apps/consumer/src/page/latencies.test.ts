import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser, isDrawn } from '../../testing/browser.ts';
import { message } from '../../testing/message.ts';
import { ScriptedSite } from '../../testing/scripted-site.ts';

const PLOT = '#latency-plot';
const BUCKET_MS = 10_000;

const told = (page: Page) => page.locator('#latency-said').textContent();
const bars = async (page: Page): Promise<number> =>
  ((await page.locator(`${PLOT} .bars`).getAttribute('d')) ?? '').split('M').length - 1;
/** Where the first bar is, from 0 at the left to 1 at the right. */
const firstBar = async (page: Page): Promise<number> =>
  Number(/^M([\d.]+)/.exec((await page.locator(`${PLOT} .bars`).getAttribute('d'))!)?.[1] ?? Infinity) / 1_000;
/** What share of the plot is hatched, in percent. */
const hatched = (page: Page): Promise<number> =>
  page
    .locator(`${PLOT} .hatch`)
    .evaluateAll((parts) => parts.reduce((sum, part) => sum + Number.parseFloat((part as HTMLElement).style.width), 0));

const live = (page: Page) => page.locator('#pill[data-state=live]').waitFor();

/** A message that takes so long, when it is said at once. */
const taking = (ms: number, offset: number, now = Date.now()) => ({
  ...message(offset, { timestamp: now - ms }),
  sentAt: now - ms,
});

describeInBrowser('the plot of latencies', (open) => {
  it('says that nothing came live yet, and hatches the time in which nobody looked', async () => {
    const site = await ScriptedSite.start();
    const { page } = await open(site.url, { clock: true });
    await live(page);
    await page.clock.runFor(30_000);

    expect(await told(page)).toBe('nothing came live yet');
    expect(await isDrawn(page, PLOT)).toBe(false);
    const share = await hatched(page);
    expect(share).toBeGreaterThan(85);
    expect(share).toBeLessThan(92);
  });

  it('tells half and nearly all of what came live in 10 s', async () => {
    const site = await ScriptedSite.start();
    const { page } = await open(site.url);
    await live(page);
    // In one packet, so that no 10 s end in between.
    site.say(
      ...Array.from({ length: 90 }, (_, index) => taking(2_000, index)),
      ...Array.from({ length: 10 }, (_, index) => taking(20_000, 100 + index)),
    );

    await expect.poll(() => told(page)).toMatch(/^p50 (1\.9|2\.[01]) s · p95 (19|20)\.\d s$/);
    expect(await isDrawn(page, PLOT)).toBe(true);
  });

  it('leaves out what was missed and came when the connection was back, as the figures do', async () => {
    const site = await ScriptedSite.start();
    const { page } = await open(site.url, { clock: true });
    await live(page);
    site.catchUp = site.toCatchUp([taking(33_000, 1), taking(33_000, 2)], { recovered: true });
    site.drop();
    await page.locator('.row').first().waitFor();
    await page.clock.runFor(1_000);

    expect(await told(page)).toBe('nothing came live yet');
    expect(await page.locator('#latency').textContent()).toBe('–');
    expect(await page.locator('#received').textContent()).toBe('0');
    site.say(taking(5, 3));
    await expect.poll(() => page.locator('#received').textContent()).toBe('1');
  });

  it('covers the 5 minutes that it says, however much comes', async () => {
    const site = await ScriptedSite.start();
    const { page } = await open(site.url, { clock: true });
    await live(page);
    for (let round = 1; round <= 32; round += 1) {
      site.say(
        ...Array.from({ length: 200 }, (_, index) => taking(1_000, round * 200 + index, Date.now() + site.aheadMs)),
      );
      await expect.poll(() => page.locator('#received').textContent()).toBe((round * 200).toLocaleString('en'));
      site.aheadMs += BUCKET_MS;
      await page.clock.fastForward(BUCKET_MS);
    }

    // From the left edge on, but for what a bucket takes. Time goes on between the rounds, too, so that some buckets
    // are left out.
    await expect.poll(() => firstBar(page)).toBeLessThan(0.1);
    expect(await bars(page)).toBeGreaterThan(10);
    expect(await bars(page)).toBeLessThanOrEqual(31);
    expect(await hatched(page)).toBeLessThan(3);
  });

  it('hatches an outage, and not the time in which nothing came', async () => {
    const site = await ScriptedSite.start();
    const { page } = await open(site.url, { clock: true });
    await live(page);
    await page.clock.fastForward(301_000);
    await expect.poll(() => hatched(page)).toBe(0);
    site.refusal = () => ({ status: 503, message: 'not yet' });
    site.drop();
    await expect.poll(() => page.locator('#pill').getAttribute('data-state')).not.toBe('live');
    await page.clock.fastForward(60_000);
    await expect.poll(() => hatched(page)).toBeGreaterThan(19);
    expect(await hatched(page)).toBeLessThan(25);
  });
});
