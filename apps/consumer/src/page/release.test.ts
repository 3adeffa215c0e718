import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { describeInBrowser, isScrolledSideways, texts, violations } from '../../testing/browser.ts';
import { PageFolder } from '../../testing/page-folder.ts';
import { Site } from '../../testing/site.ts';

const NEW = 'A new version of this page is there.';
const VIEWS = [1280, 320].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme, bypassCSP: true })),
);
const pictures = process.env['PICTURES'];

const notice = (page: Page) => page.getByRole('region', { name: 'New version' });
const reloadButton = (page: Page) => page.getByRole('button', { name: 'Reload' });
const buildOf = (page: Page) => page.locator('#release').getAttribute('data-build');
const isLive = (page: Page) => page.locator('#pill', { hasText: 'Live' }).waitFor();

async function start() {
  const folder = await PageFolder.create();
  const site = await Site.start({ PAGE_DIR: folder.path });
  /** Restarts the server with what is in the folder by now, and waits until the page is connected to it. */
  const restart = async (page: Page): Promise<void> => {
    await site.stop();
    await expect.poll(() => page.locator('#pill').textContent()).toMatch(/^Disconnected/);
    await site.start();
    await isLive(page);
  };
  return { folder, site, restart };
}

describeInBrowser('a new release', (open) => {
  it('is offered when the server that comes back has another page, and never comes by itself', async () => {
    const { folder, site, restart } = await start();
    await site.say('one');
    const { page, complaints } = await open(site.url);
    await isLive(page);
    let loads = 0;
    page.on('load', () => (loads += 1));
    const before = await buildOf(page);

    await restart(page);
    expect(await notice(page).isVisible()).toBe(false);
    folder.change('.css');
    await page.getByRole('searchbox').fill('o');
    await restart(page);
    await page.getByRole('status').filter({ hasText: NEW }).waitFor();
    // Whoever types is not interrupted, and what is shown goes on.
    expect(await page.evaluate(() => document.activeElement!.id)).toBe('filter');
    await site.say('two');
    await expect.poll(() => texts(page)).toEqual(['two', 'one']);
    expect([loads, await buildOf(page)]).toEqual([0, before]);

    // One step back from the first thing in the page.
    await page.locator('summary', { hasText: 'Plots' }).focus();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => loads).toBe(1);
    expect(await buildOf(page)).not.toBe(before);
    await isLive(page);
    expect(await notice(page).isVisible()).toBe(false);
    expect(await texts(page)).toEqual(['two', 'one']);
    expect(complaints.filter((text) => !text.includes('WebSocket'))).toEqual([]);
  });

  it('is offered no longer when the server goes back to the page of before', async () => {
    const { folder, site, restart } = await start();
    const { page } = await open(site.url);
    await isLive(page);
    folder.change('.js');
    await restart(page);
    await page.getByRole('status').filter({ hasText: NEW }).waitFor();
    await reloadButton(page).focus();
    folder.restore();
    await restart(page);
    expect(await page.evaluate(() => document.activeElement!.id)).toBe('log');
    expect(await notice(page).isVisible()).toBe(false);
    expect(await page.getByRole('status').filter({ hasText: NEW }).count()).toBe(0);
  });

  it.each([
    ['not offered to a page that is of it, while a replica of before is still there', -60_000, false],
    ['offered also to a page that came from a replica of before, and is connected to one of it', 60_000, true],
  ])('is %s', async (_, later, isOffered) => {
    const { site } = await start();
    const { page } = await open(site.url, { address: '/healthz' });
    await page.routeWebSocket('**/socket.io/**', (socket) => {
      const server = socket.connectToServer();
      server.onMessage((message) => {
        const welcome = String(message).replace(/"build":"[^"]*"/, '"build":"of-the-other"');
        socket.send(welcome.replace(/(?<="servedSince":)\d+/, (since) => String(Number(since) + later)));
      });
    });
    await page.goto(site.url);
    await isLive(page);
    await site.say('shown');
    await page.getByText('shown').waitFor();
    expect(await notice(page).isVisible()).toBe(isOffered);
  });

  it('is reloaded to only once all of it can be had, as one replica may not have what another one names', async () => {
    const { folder, site, restart } = await start();
    const { page } = await open(site.url, { clock: true });
    await isLive(page);
    const old = await page.content();
    folder.change('.css');
    await restart(page);
    let [pages, missing] = [0, 0];
    await page.route(`${site.url}/`, async (route) => {
      pages += 1;
      if (pages === 1) await route.fulfill({ body: old, contentType: 'text/html' });
      else await route.fallback();
    });
    await page.route('**/assets/*.js', async (route) => {
      missing += 1;
      if (missing === 1) await route.fulfill({ status: 404 });
      else await route.fallback();
    });
    let loads = 0;
    page.on('load', () => (loads += 1));
    await reloadButton(page).click();

    const waiting = page.getByRole('button', { name: 'Reloading…' });
    await waiting.waitFor();
    await expect.poll(() => pages).toBe(1);
    await page.clock.runFor(500);
    await expect.poll(() => [pages, missing]).toEqual([2, 1]);
    expect(loads).toBe(0);
    await page.clock.runFor(500);
    await expect.poll(() => loads).toBe(1);
    await isLive(page);
    expect(await notice(page).isVisible()).toBe(false);
  });

  it('leaves the page as it is when it cannot be had, says so, and can be tried again', async () => {
    const { folder, site, restart } = await start();
    await site.say('kept');
    const { page } = await open(site.url, { clock: true });
    await isLive(page);
    folder.change('.css');
    await restart(page);
    await page.route(`${site.url}/`, (route) => route.abort());
    let loads = 0;
    page.on('load', () => (loads += 1));
    await reloadButton(page).click();
    for (let tries = 0; tries < 20; tries += 1) await page.clock.runFor(500);
    await page.getByRole('status').filter({ hasText: 'cannot be loaded yet' }).waitFor();
    expect([loads, await texts(page)]).toEqual([0, ['kept']]);

    await page.unroute(`${site.url}/`);
    await reloadButton(page).click();
    await expect.poll(() => loads).toBe(1);
  });

  describe.each(VIEWS)('at $width px, $colorScheme', (view) => {
    it('is offered in a way that axe does not object to, moves nothing, and covers nothing for good', async () => {
      const { folder, site, restart } = await start();
      await site.sayMany(60);
      const { page } = await open(site.url, view);
      await isLive(page);
      const top = () => page.locator('#log').evaluate((log) => log.getBoundingClientRect().top);
      const before = await top();
      folder.change('.css');
      await restart(page);
      await page.getByRole('status').filter({ hasText: NEW }).waitFor();
      expect(await top()).toBe(before);
      if (pictures) await page.screenshot({ path: `${pictures}/release-${view.width}-${view.colorScheme}.png` });
      expect(await violations(page)).toEqual([]);
      expect(await isScrolledSideways(page)).toBe(false);

      // What has the focus at the very end is above the notice.
      await page.getByRole('button', { name: 'Load older' }).focus();
      await page.evaluate(() => scrollTo({ top: document.body.scrollHeight, behavior: 'instant' }));
      const [older, box] = [await page.locator('#older').boundingBox(), await notice(page).boundingBox()];
      expect(older!.y + older!.height).toBeLessThanOrEqual(box!.y);
      expect(box!.x).toBeGreaterThanOrEqual(0);
      expect(box!.x + box!.width).toBeLessThanOrEqual(view.width);
    });
  });
});
