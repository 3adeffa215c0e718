import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser, isDrawn, violations } from '../../testing/browser.ts';
import { message } from '../../testing/message.ts';
import { ScriptedSite, toCounts } from '../../testing/scripted-site.ts';
import { Site } from '../../testing/site.ts';
import type { CountsAnswer } from './counts.ts';

const SECOND_MS = 1_000;
/** 60 buckets, of which one in the middle has messages. */
const COUNTS = Array.from({ length: 60 }, (_, index) => (index === 30 ? 12 : 0));

const told = (page: Page) => page.locator('#histogram-said').textContent();
const parts = (page: Page, name: string) => page.locator(`#histogram ${name}`).count();
const pill = (page: Page) => page.locator('#pill').getAttribute('data-state');
const live = (offset: number) => message(offset, { timestamp: Date.now() });

async function start(counts: CountsAnswer): Promise<ScriptedSite> {
  const site = await ScriptedSite.start();
  site.counts = counts;
  return site;
}

/** Where a bucket is in the window. */
async function bucketPlace(page: Page, index: number, of = 60): Promise<{ x: number; y: number }> {
  const { x, y, width, height } = (await page.locator('#histogram .area').boundingBox())!;
  return { x: x + (width * (index + 0.5)) / of, y: y + height / 2 };
}

const query = (page: Page) => new URL(page.url()).searchParams;

describeInBrowser('the histogram', (open) => {
  it('shows the whole history as soon as the page is there, in words, too', async () => {
    const site = await start(toCounts([...COUNTS, 0], { before: 3, after: 1_000 }));
    const { page, complaints } = await open(site.url);

    await expect.poll(() => told(page)).toMatch(/^12 messages, .* to now, 3 before, 1,000 after$/);
    expect(await page.locator('#histogram-title').textContent()).toBe('Messages in 1 s');
    expect(await isDrawn(page, '#histogram')).toBe(true);
    expect(await parts(page, '.hatch')).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('counts what comes live by itself, and does not ask for it', async () => {
    const site = await start(toCounts(COUNTS));
    const { page } = await open(site.url);
    await expect.poll(() => told(page)).toMatch(/^12 messages/);
    site.say(live(1), live(2));
    site.say(live(3));

    await expect.poll(() => told(page)).toMatch(/^15 messages/);
    expect(site.countings.length).toBe(1);
  });

  it('does not count again what was missed and came then, which the server counts', async () => {
    const site = await start(toCounts(COUNTS));
    const { page } = await open(site.url, { clock: true });
    await expect.poll(() => told(page)).toMatch(/^12 messages/);
    site.catchUp = site.toCatchUp([live(1), live(2)], { recovered: true });
    site.counts = toCounts([...COUNTS.slice(0, -1), 2]);
    site.drop();
    await page.locator('.row').first().waitFor();
    expect(await told(page)).toMatch(/^12 messages/);
    await page.clock.runFor(10_000);

    await expect.poll(() => told(page)).toMatch(/^14 messages/);
    expect(site.countings.length).toBe(2);
  });

  it('has the 7,400 messages that came while the machine slept for 75 s, and hatches the time until it knows', async () => {
    const site = await start(toCounts(COUNTS));
    const { page } = await open(site.url, { clock: true });
    await expect.poll(() => told(page)).toMatch(/^12 messages/);
    await page.context().setOffline(true);
    site.drop();
    await expect.poll(() => pill(page)).not.toBe('live');
    site.aheadMs = 75_000;
    await page.clock.fastForward(75_000);
    // What was not seen is more than half of the 135 s that are drawn.
    const hatch = page.locator('#histogram .hatch');
    await expect.poll(() => hatch.evaluate((part) => Number.parseFloat(part.style.width))).toBeGreaterThan(50);

    const { from } = site.counts;
    site.counts = toCounts([...COUNTS, ...Array.from({ length: 74 }, () => 100)], { from, to: from + 134 * SECOND_MS });
    await page.context().setOffline(false);
    await expect.poll(() => told(page)).toMatch(/^7,412 messages/);
    await expect.poll(() => parts(page, '.hatch')).toBe(0);
  });

  it('hatches the time from which messages were taken away', async () => {
    const counts = toCounts(COUNTS);
    const site = await start({ ...counts, since: counts.from + 15 * SECOND_MS });
    const { page } = await open(site.url);

    const hatch = page.locator('#histogram .hatch');
    await hatch.waitFor();
    expect(await hatch.evaluate((part) => Number.parseFloat(part.style.left))).toBe(0);
    expect(await hatch.evaluate((part) => Number.parseFloat(part.style.width))).toBeGreaterThan(15);
  });

  it('is asked for anew when time went on by much, and not before a minute went by', async () => {
    const site = await start(toCounts(COUNTS));
    const { page } = await open(site.url, { clock: true });
    await expect.poll(() => told(page)).toMatch(/^12 messages/);
    await page.clock.runFor(50_000);
    expect(site.countings.length).toBe(1);
    await page.clock.runFor(15_000);
    await expect.poll(() => site.countings.length).toBe(2);
  });

  it('says when it could not be counted, and tries again', async () => {
    const site = await start(toCounts(COUNTS));
    const { page } = await open(site.url, { clock: true });
    await expect.poll(() => told(page)).toMatch(/^12 messages/);
    await page.route('**/histogram?*', (route) =>
      route.fulfill({ status: 503, json: { title: 'no', detail: 'too busy' } }),
    );
    await page.clock.runFor(65_000);
    await expect.poll(() => told(page)).toBe('could not be counted: too busy');
    await page.unroute('**/histogram?*');
    await page.clock.runFor(60_000);
    await expect.poll(() => told(page)).toMatch(/^12 messages/);
  });

  it('agrees with a real consumer: of an empty topic, of what comes live, over an outage and in a range', async () => {
    const site = await Site.start();
    const { page } = await open(site.url);
    await expect.poll(() => told(page)).toBe('nothing yet');
    await site.sayMany(20);
    await expect.poll(() => told(page)).toMatch(/^20 messages/);
    await page.reload();
    await expect.poll(() => told(page)).toMatch(/^20 messages/);

    await site.stop();
    await expect.poll(() => parts(page, '.hatch')).toBe(1);
    await site.sayMany(30);
    await site.start();
    await expect.poll(() => told(page), { timeout: 20_000 }).toMatch(/^50 messages/);
    expect(await parts(page, '.hatch')).toBe(0);

    await page.getByRole('slider').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await expect.poll(() => query(page).get('at')).not.toBe(null);
    await page.goto(`${site.url}/?from=${Date.now() + 60_000}`);
    await expect.poll(() => told(page)).toMatch(/^0 messages, .*, 50 before$/);
  });

  it('goes to the moment that somebody clicks on', async () => {
    const site = await start(toCounts(COUNTS));
    const { page } = await open(site.url, { clock: true });
    await expect.poll(() => told(page)).toMatch(/^12 messages/);
    await stopTime(page);
    const { x, y } = await bucketPlace(page, 30, await buckets(page));
    await page.mouse.move(x, y);
    expect(await told(page)).toMatch(/: 12 messages$/);
    await page.mouse.click(x, y);
    await page.clock.resume();

    await expect.poll(() => Date.parse(query(page).get('at') ?? '')).toBe(site.counts.from + 30.5 * SECOND_MS);
  });

  it('chooses the range that somebody draws over', async () => {
    const site = await start(toCounts(COUNTS));
    const { page } = await open(site.url, { clock: true });
    await expect.poll(() => told(page)).toMatch(/^12 messages/);
    await stopTime(page);
    const of = await buckets(page);
    const [first, last] = [await bucketPlace(page, 28, of), await bucketPlace(page, 32, of)];
    await page.mouse.move(last.x, last.y);
    await page.mouse.down();
    await page.mouse.move(first.x, first.y, { steps: 4 });
    expect(await told(page)).toMatch(/: 12 messages$/);
    await page.mouse.up();
    await page.clock.resume();

    await expect.poll(() => Date.parse(query(page).get('from') ?? '')).toBe(site.counts.from + 28 * SECOND_MS);
    expect(Date.parse(query(page).get('to')!)).toBe(site.counts.from + 33 * SECOND_MS);
    await expect.poll(() => site.countings.at(-1)!.get('from')).toBe(String(site.counts.from + 28 * SECOND_MS));
  });

  it('can be used with the keyboard alone', async () => {
    const site = await start(toCounts(COUNTS));
    const { page } = await open(site.url, { bypassCSP: true });
    await expect.poll(() => told(page)).toMatch(/^12 messages/);
    const slider = page.getByRole('slider');
    await slider.focus();
    await page.keyboard.press('Home');
    for (let presses = 0; presses < 3; presses += 1) await page.keyboard.press('PageUp');
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/: 12 messages$/);
    expect(await slider.getAttribute('aria-valuenow')).toBe('30');
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    expect(await told(page)).toMatch(/^12 messages/);

    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await expect.poll(() => Date.parse(query(page).get('at') ?? '')).toBe(site.counts.from + 1.5 * SECOND_MS);

    await slider.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Enter');
    await expect.poll(() => Date.parse(query(page).get('from') ?? '')).toBe(site.counts.from + SECOND_MS);
    expect(Date.parse(query(page).get('to')!)).toBe(site.counts.from + 4 * SECOND_MS);
  });
});

/**
 * Stops the page's clock some seconds from now. Each second adds a bucket, which moves the others from under a pointer.
 */
async function stopTime(page: Page): Promise<void> {
  await page.clock.pauseAt(Date.now() + 10 * SECOND_MS);
}

/** How many buckets are drawn, which grow with the time. */
async function buckets(page: Page): Promise<number> {
  return Number(await page.getByRole('slider').getAttribute('aria-valuemax')) + 1;
}
