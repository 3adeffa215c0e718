import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser, down, offsets } from '../../testing/browser.ts';
import { messages } from '../../testing/message.ts';
import { ScriptedSite } from '../../testing/scripted-site.ts';
import { Site } from '../../testing/site.ts';

const pill = (page: Page) => page.locator('#pill').textContent();
const held = (page: Page) => page.locator('#held');
const next = (page: Page) => page.locator('#next').textContent();

async function isLive(page: Page): Promise<void> {
  await expect.poll(() => pill(page)).toBe('Live');
}

describeInBrowser('what the page says of itself', (open) => {
  it('is from when on it is disconnected, and counts down to the next try', async () => {
    const site = await Site.start();
    await site.sayMany(1);
    const { page } = await open(site.url, { clock: true });
    await isLive(page);
    await page.clock.pauseAt(Date.now() + 60_000);
    // Of what is drawn at random for a pause the longest.
    await page.evaluate(() => Object.assign(Math, { random: () => 1 }));
    await site.stop();
    await expect.poll(() => pill(page)).toMatch(/^Disconnected since \d\d:\d\d:\d\d, reconnecting in 1 s$/);
    const since = (await pill(page))!.split(',')[0];
    // Pauses of 0.3 s, 0.6 s, 1.2 s and 2.4 s, and 3 s from then on. Each try fails in the network's own time.
    for (let tenths = 0; tenths < 200 && !(await pill(page))!.endsWith('in 3 s'); tenths += 1)
      await page.clock.runFor(100);
    expect(await pill(page)).toBe(`${since}, reconnecting in 3 s`);
    await page.clock.runFor(1_000);
    expect(await pill(page)).toBe(`${since}, reconnecting in 2 s`);
    await page.clock.runFor(1_000);
    expect(await pill(page)).toBe(`${since}, reconnecting in 1 s`);
    // Only that it is away is read out, and not each second of it.
    expect(await page.locator('#pill-text').textContent()).toBe(since);

    await site.start();
    await page.clock.runFor(1_000);
    await isLive(page);
  });

  it('is that it connects, as long as it never was connected', async () => {
    const site = await ScriptedSite.start();
    const { page } = await open(site.url, { bypassCSP: true });
    await isLive(page);
    await page.addInitScript(() => {
      // Where nobody listens.
      globalThis.WebSocket = class extends WebSocket {
        constructor() {
          super('ws://127.0.0.1:1');
        }
      };
    });
    await page.reload();
    await expect.poll(() => pill(page)).toMatch(/^Connecting…, trying again in \d s$/);
  });

  it('is nothing of a broadcast that nobody could hear', async () => {
    const site = await Site.start();
    await site.say('Hello', { nextInMs: 5_000 });
    const { page } = await open(site.url, { clock: true });
    await expect.poll(() => next(page)).toMatch(/^\d\.\d s$/);
    await site.stop();
    await expect.poll(() => pill(page)).toMatch(/^Disconnected/);
    expect(await next(page)).toMatch(/^\d\.\d s$/);
    await page.clock.runFor(8_000);
    expect(await next(page)).toBe('–');

    await site.start();
    await page.clock.runFor(3_000);
    await isLive(page);
    // The server's clock did not go on like the page's.
    await expect.poll(() => next(page)).toMatch(/^\d\.\d s$|now/);
  });

  it('is when the first broadcast is due, where the server knows it', async () => {
    const site = await ScriptedSite.start();
    site.about = { due: { 'hello-world': Date.now() + 60_000 } };
    const { page } = await open(site.url);
    await isLive(page);
    await expect.poll(() => next(page)).toMatch(/^5\d\.\d s$/);
  });

  it('is no error of before, once the connection is there or something is loaded', async () => {
    const site = await Site.start();
    await site.sayMany(160);
    const { page } = await open(site.url);
    await isLive(page);
    const error = page.locator('#error');
    const fail = async () => {
      await page.route('**/messages?*', (route) => route.abort());
      await page.locator('#older').click();
      await expect
        .poll(() => error.textContent())
        .toBe('Older messages could not be loaded: the server cannot be reached.');
      await page.unrouteAll();
    };
    await fail();
    await page.locator('#older').click();
    await expect.poll(() => offsets(page)).toEqual(down(159, 10));
    expect(await error.isVisible()).toBe(false);

    await fail();
    await site.stop();
    await expect.poll(() => pill(page)).toMatch(/^Disconnected/);
    expect(await error.isVisible()).toBe(true);
    await site.start();
    await isLive(page);
    expect(await error.isVisible()).toBe(false);
  });

  it('is what a proxy between says in words that are no JSON', async () => {
    const site = await Site.start();
    await site.sayMany(60);
    const { page } = await open(site.url);
    await isLive(page);
    await page.route('**/messages?*', (route) => route.fulfill({ status: 502, body: '<html>Bad gateway' }));
    await page.locator('#older').click();
    await page.getByText('Older messages could not be loaded: the server answered with status 502.').waitFor();
  });

  it.each([
    [157, 'Show 157 new', 'Paused, 157 new', 'Paused, 159 new'],
    [10_000, 'Show 10,000 new', 'Paused, 10,000 new', 'Paused, 10,002 new'],
    [10_001, 'Show more than 10,000 new', 'Paused, more than 10,000 new', 'Paused, more than 10,000 new'],
  ])('is how many were missed, though fewer came: %i', async (missed, words, said, then) => {
    const site = await ScriptedSite.start();
    site.catchUp = site.toCatchUp(messages(0, 9), {});
    const { page } = await open(site.url);
    await isLive(page);
    await page.getByRole('button', { name: 'Pause' }).click();
    site.emit('catch-up', { ...site.toCatchUp(messages(20_000, 20_049), {}), missed });
    await expect.poll(() => held(page).textContent()).toBe(words);
    expect(await pill(page)).toBe(said);
    site.say(...messages(20_050, 20_051));
    await expect.poll(() => pill(page)).toBe(then);
    await held(page).click();
    await isLive(page);
    await expect.poll(() => offsets(page)).toEqual([...down(20_051, 20_000), ...down(9, 0)]);
    expect(await page.locator('.gap').count()).toBe(1);
  });

  it('is how many came while nobody looked', async () => {
    const site = await Site.start();
    await site.sayMany(60);
    const { page } = await open(site.url);
    await isLive(page);
    await page.evaluate(async () => {
      const heard = new Promise((resolve) => {
        addEventListener('scroll', resolve, { once: true });
      });
      scrollTo(0, 1_500);
      await heard;
    });
    // Another tab is in front, so that this one draws nothing.
    const other = await page.context().newPage();
    await other.bringToFront();
    await site.sayMany(157);
    await expect.poll(() => held(page).textContent()).toBe('Show 157 new');
    await page.bringToFront();
    await held(page).click();
    await expect.poll(() => offsets(page)).toEqual(down(216, 10));
  });
});
