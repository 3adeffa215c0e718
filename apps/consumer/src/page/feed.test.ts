import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser, down, offsets, texts } from '../../testing/browser.ts';
import { messages } from '../../testing/message.ts';
import { ScriptedSite } from '../../testing/scripted-site.ts';
import { Site } from '../../testing/site.ts';

const olderButton = (page: Page) => page.getByRole('button', { name: 'Load older' });
const heldButton = (page: Page) => page.locator('#held');
const pauseButton = (page: Page) => page.getByRole('button', { name: 'Pause' });

/** Presses "Load older", and waits for the rows. Answers with their offsets. */
async function loadOlder(page: Page): Promise<number[]> {
  const lowest = page.locator('.row .place').last();
  const before = await lowest.textContent();
  await olderButton(page).click();
  await expect.poll(() => lowest.textContent(), { interval: 10 }).not.toBe(before);
  return offsets(page);
}

/** Scrolls, and waits until the page has heard of it: the browser tells it with the next frame. */
const scrollIntoRows = (page: Page) =>
  page.evaluate(async () => {
    const heard = new Promise((resolve) => {
      addEventListener('scroll', resolve, { once: true });
    });
    scrollTo(0, 1_200);
    await heard;
  });

/**
 * All that can be seen but how many are held: the document, which has the progress too, what is drawn, and where it is
 * scrolled to.
 */
const looks = (page: Page) =>
  page.evaluate(() => ({
    html: document.documentElement.outerHTML.replaceAll(/\d+ new/g, ''),
    drawn: [...document.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL()),
    scrollY,
  }));

describeInBrowser('the feed', (open) => {
  it('loads older messages down to the first without a hole or a double, and goes back to the newest', async () => {
    const site = await Site.start();
    await site.sayMany(1_250);
    const { page } = await open(site.url);
    await page.getByText('Hello 1249').waitFor();
    expect(await offsets(page)).toEqual(down(1_249, 1_200));

    let rows: number[] = [];
    for (let oldest = 1_100; oldest >= 0; oldest -= 100) {
      rows = await loadOlder(page);
      expect(rows).toEqual(down(Math.min(1_249, oldest + 499), oldest));
    }
    await expect.poll(() => olderButton(page).isVisible()).toBe(false);
    await site.say('new');
    await expect.poll(() => heldButton(page).textContent()).toBe('Back to live, 1 new');
    expect(await offsets(page)).toEqual(rows);
    await heldButton(page).click();
    await expect.poll(() => offsets(page)).toEqual(down(1_250, 1_201));
  });

  it('offers the way back before anything new comes, and keeps what is in view where it is', async () => {
    const site = await Site.start();
    await site.sayMany(600);
    const { page } = await open(site.url);
    await page.getByText('Hello 599').waitFor();
    for (let times = 0; times < 4; times += 1) await loadOlder(page);
    const marker = page.locator('.row', { hasText: 'Hello 150' });
    await olderButton(page).scrollIntoViewIfNeeded();
    const before = (await marker.boundingBox())!.y;
    await loadOlder(page);

    expect((await marker.boundingBox())!.y).toBeCloseTo(before, 0);
    await page.getByRole('button', { name: 'Back to live' }).click();
    await expect.poll(() => offsets(page)).toEqual(down(599, 550));
    expect(await page.evaluate(() => scrollY)).toBe(0);
  });

  it('has at most 500 rows, and loads what fell out again', async () => {
    const site = await Site.start();
    const { page } = await open(site.url);
    await expect.poll(() => page.locator('#pill').textContent()).toBe('Live');
    await site.sayMany(803);
    await page.getByText('Hello 802').waitFor();
    expect(await offsets(page)).toEqual(down(802, 303));
    await site.say('one more');
    await page.getByText('one more').waitFor();
    expect(await offsets(page)).toEqual(down(803, 304));

    for (let oldest = 304; oldest > 0;) {
      const rows = await loadOlder(page);
      oldest = rows.at(-1)!;
      expect(rows).toEqual(down(oldest + 499, oldest));
    }
  });

  it('shows the time since the message before once that one is loaded', async () => {
    const site = await Site.start();
    await site.sayMany(60);
    const { page } = await open(site.url);
    const lowest = page.locator('.row', { hasText: 'Hello 10' });
    await lowest.waitFor();
    expect(await lowest.locator('.after').textContent()).toBe('');
    await loadOlder(page);

    expect(await lowest.locator('.after').textContent()).toMatch(/^\+\d+ ms$/);
    expect(await page.locator('.row', { hasText: 'Hello 0' }).locator('.after').textContent()).toBe('');
  });

  it('says that older messages could not be loaded, and can be asked again', async () => {
    const site = await Site.start();
    await site.sayMany(60);
    const { page } = await open(site.url);
    await page.getByText('Hello 59').waitFor();
    await page.route('**/api/**', (route) => route.abort());
    await olderButton(page).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toMatch(/^Older messages could not be loaded: /);

    await page.unrouteAll();
    expect(await loadOlder(page)).toEqual(down(59, 0));
    expect(await page.getByRole('alert').isVisible()).toBe(false);
  });

  it('holds new messages back while somebody reads, until they ask for them', async () => {
    const site = await Site.start();
    await site.sayMany(50);
    const { page } = await open(site.url);
    await page.getByText('Hello 49').waitFor();
    await scrollIntoRows(page);
    const marker = page.locator('.row', { hasText: 'Hello 20' });
    const before = await marker.boundingBox();
    await site.say('held');
    await site.say('held, too');

    await expect.poll(() => heldButton(page).textContent()).toBe('Show 2 new');
    expect(await marker.boundingBox()).toEqual(before);
    await heldButton(page).click();
    await expect.poll(async () => (await texts(page)).slice(0, 3)).toEqual(['held, too', 'held', 'Hello 49']);
    expect(await page.evaluate(() => scrollY)).toBe(0);
    expect(await heldButton(page).isVisible()).toBe(false);
  });

  it('shows what is held when somebody scrolls back to the top', async () => {
    const site = await Site.start();
    await site.sayMany(50);
    const { page } = await open(site.url);
    await page.getByText('Hello 49').waitFor();
    await scrollIntoRows(page);
    await site.say('held');
    await heldButton(page).waitFor();
    await page.evaluate(() => scrollTo(0, 0));

    await expect.poll(() => offsets(page)).toEqual(down(50, 0));
    expect(await heldButton(page).isVisible()).toBe(false);
  });

  it('stops everything while paused, and then has lost nothing', async () => {
    const site = await Site.start();
    await site.say('first');
    const { page } = await open(site.url, { clock: true });
    await page.getByText('first', { exact: true }).waitFor();
    await pauseButton(page).click();
    await site.say('second');
    await heldButton(page).waitFor();
    const before = await looks(page);
    const network = await page.context().newCDPSession(page);
    await network.send('Network.enable');
    const received = new Promise((resolve) => {
      network.once('Network.webSocketFrameReceived', resolve);
    });
    await site.say('third');
    await received;
    await page.clock.runFor(20_000);
    expect(await looks(page)).toEqual(before);
    expect(await page.locator('#pill').textContent()).toBe('Paused, 2 new');
    expect(await heldButton(page).textContent()).toBe('Show 2 new');

    await pauseButton(page).click();
    await expect.poll(() => texts(page)).toEqual(['third', 'second', 'first']);
    await expect.poll(() => page.locator('#received').textContent()).toBe('2');
    expect(await pauseButton(page).getAttribute('aria-pressed')).toBe('false');
  });

  it('goes back to the newest after a pause that was longer than it can hold', async () => {
    const site = await Site.start();
    await site.say('first');
    const { page } = await open(site.url);
    await page.getByText('first', { exact: true }).waitFor();
    await pauseButton(page).click();
    await site.sayMany(600);
    await site.say('the end');
    // All of them: fewer can be held, and then nothing has to be got anew.
    await expect.poll(() => heldButton(page).textContent()).toBe('Show 601 new');
    await pauseButton(page).click();

    await page.getByText('the end').waitFor();
    expect((await loadOlder(page)).slice(0, 150)).toEqual(down(601, 452));
  });

  it.each([
    [500, 1],
    [501, 2],
  ])('holds 500 messages, and connects anew for more: %i need %i handshakes', async (count, handshakes) => {
    const site = await ScriptedSite.start();
    const { page } = await open(site.url);
    await expect.poll(() => page.locator('#pill').textContent()).toBe('Live');
    await pauseButton(page).click();
    site.catchUp = site.toCatchUp(messages(count - 50, count - 1), {});
    site.say(...messages(0, count - 1));
    await heldButton(page).click();
    await expect.poll(() => offsets(page)).toEqual(down(count - 1, count === 500 ? 0 : count - 50));
    expect(site.handshakes).toHaveLength(handshakes);
  });

  it('lets ten rows a second flash, however many come', async () => {
    const site = await Site.start();
    await site.sayMany(60);
    const { page } = await open(site.url);
    await page.getByText('Hello 59').waitFor();
    await scrollIntoRows(page);
    await site.sayMany(60);
    await page.getByText('Show 60 new').click();
    await expect.poll(() => page.locator('.row').count()).toBe(110);
    expect(await page.locator('.row.arrived').count()).toBe(10);
    await expect
      .poll(
        async () => {
          await site.say('later');
          return page.locator('.row.arrived', { hasText: 'later' }).count();
        },
        { timeout: 5_000 },
      )
      .toBeGreaterThan(0);
  });
});
