import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser, isScrolledSideways, offsets, violations } from '../../testing/browser.ts';
import { messages } from '../../testing/message.ts';
import { ScriptedSite } from '../../testing/scripted-site.ts';

const TRIES_AGAIN = 'This page tries again by itself';
const pill = (page: Page) => page.locator('#pill').textContent();
const notice = (page: Page) => page.getByRole('alert');

async function isLive(page: Page): Promise<void> {
  await expect.poll(() => pill(page), { interval: 20, timeout: 10_000 }).toBe('Live');
}

describeInBrowser('a refusal', (open) => {
  async function start() {
    const site = await ScriptedSite.start();
    site.catchUp = site.toCatchUp(messages(0, 2), {});
    return site;
  }

  it.each([
    [429, 'this account has 50 connections open, and may not have more', /^Disconnected since /, true],
    [503, 'the server is about to end', /^Disconnected since /, true],
    [403, 'there is no topic yet that this account may see', /^Refused, trying again in \d s$/, false],
    [404, 'there is no topic hello-world here', /^Refused, trying again in \d s$/, false],
  ])(
    'that may pass, such as %i, is said and tried again, from where the page was',
    async (status, message, state, stays) => {
      const site = await start();
      const { page, complaints } = await open(site.url);
      await isLive(page);
      site.refusal = () => ({ status, message });
      site.drop();
      await notice(page).waitFor();
      expect(await notice(page).textContent()).toContain(`${message.slice(1)}. ${TRIES_AGAIN}`);
      expect(await pill(page)).toMatch(state);
      expect(await page.getByText('text 2').isVisible()).toBe(stays);

      site.refusal = undefined;
      site.catchUp = site.toCatchUp(messages(3, 3), { recovered: true });
      await isLive(page);
      expect(await offsets(page)).toEqual([3, 2, 1, 0]);
      expect(await page.getByText('text 2').isVisible()).toBe(true);
      expect(await notice(page).isVisible()).toBe(false);
      expect(site.handshakes.at(-1)!.positions).toEqual({ 0: { next: 3, timestamp: 2 } });
      expect(complaints).toEqual([]);
    },
  );

  it('of a page that has nothing yet is tried again, too', async () => {
    const site = await start();
    site.refusal = () => ({ status: 503, message: 'not yet' });
    const { page } = await open(site.url);
    await notice(page).waitFor();
    site.refusal = undefined;
    await expect.poll(() => offsets(page), { timeout: 10_000 }).toEqual([2, 1, 0]);
    expect(await pill(page)).toBe('Live');
  });

  it('is tried again after pauses that grow up to a minute, which begin anew once it is live', async () => {
    const site = await start();
    const { page } = await open(site.url, { clock: true });
    await isLive(page);
    await page.clock.pauseAt(Date.now() + 60_000);
    // Of what is drawn at random for a pause the longest.
    await page.evaluate(() => Object.assign(Math, { random: () => 1 }));
    const refuse = async () => {
      site.refusal = () => ({ status: 429, message: 'too many' });
      site.drop();
      await expect.poll(() => pill(page)).toMatch(/^Disconnected/);
      const before = site.handshakes.length;
      // As long as the first try takes by itself, and no longer: the pause after it begins when it is refused.
      await page.clock.runFor(500);
      await expect.poll(() => site.handshakes.length).toBe(before + 1);
      await notice(page).waitFor();
    };
    const expectTryAfter = async (seconds: number) => {
      const before = site.handshakes.length;
      await page.clock.runFor(seconds * 1_000 - 1);
      expect(site.handshakes.length).toBe(before);
      const answered = page.waitForResponse(/api.topics$/);
      await page.clock.runFor(1);
      await answered;
      expect(site.handshakes.length).toBe(before + 1);
    };
    await refuse();
    for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) await expectTryAfter(seconds);
    site.refusal = undefined;
    await page.clock.runFor(60_000);
    await isLive(page);
    await refuse();
    for (const seconds of [1, 2]) await expectTryAfter(seconds);
  });

  it.each([
    ['the network comes back', () => dispatchEvent(new Event('online'))],
    ['somebody looks', () => document.dispatchEvent(new Event('visibilitychange'))],
    ['the browser brings the page back', () => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))],
  ])('is tried again at once when %s', async (_, happen) => {
    const site = await start();
    site.refusal = () => ({ status: 404, message: 'not here' });
    const { page } = await open(site.url, { clock: true });
    await notice(page).waitFor();
    for (let tries = 0; tries < 5; tries += 1) {
      const before = site.handshakes.length;
      // The pause begins when the page has heard that it is refused.
      await expect
        .poll(async () => {
          await page.clock.runFor(60_000);
          return site.handshakes.length;
        })
        .toBeGreaterThan(before);
    }
    site.refusal = undefined;
    await page.evaluate(happen);
    await isLive(page);
  });

  it('of positions is answered by a try without them, once, and the page keeps its rows', async () => {
    const site = await start();
    const { page } = await open(site.url);
    await isLive(page);
    site.refusal = ({ positions }) => (positions ? { status: 400, message: 'auth.positions: no' } : undefined);
    site.catchUp = site.toCatchUp(messages(1, 4), {});
    site.drop();
    await expect.poll(() => offsets(page)).toEqual([4, 3, 2, 1, 0]);
    expect(await pill(page)).toBe('Live');
    expect(site.handshakes.map(({ positions }) => positions !== undefined)).toEqual([false, true, false]);
    // The one that it has already shows that nothing is missing.
    expect(await page.locator('.gap').count()).toBe(0);
  });

  it('that will not pass is said, and is all', async () => {
    const site = await start();
    const { page } = await open(site.url, { clock: true });
    await isLive(page);
    site.refusal = () => ({ status: 400, message: 'auth.topic: no' });
    site.drop();
    await notice(page).waitFor();
    expect(await notice(page).textContent()).toContain('Auth.topic: no.');
    expect(await notice(page).textContent()).not.toContain(TRIES_AGAIN);
    expect(await pill(page)).toBe('Refused');
    const before = site.handshakes.length;
    await page.clock.runFor(300_000);
    expect(site.handshakes.length).toBe(before);
  });

  it.each([1280, 320])('keeps its links, and looks right above rows, at %i px', async (width) => {
    const site = await start();
    const { page } = await open(site.url, { width, bypassCSP: true });
    await isLive(page);
    site.refusal = () => ({ status: 503, message: 'the server is about to end' });
    site.drop();
    const link = notice(page).getByRole('link');
    await link.focus();
    for (let tries = 0; tries < 2; tries += 1) await page.waitForResponse(/api.topics$/);
    expect(await link.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await violations(page)).toEqual([]);
    expect(await isScrolledSideways(page)).toBe(false);
    if (process.env['PICTURES']) await page.screenshot({ path: `${process.env['PICTURES']}/refusal-${width}.png` });
  });
});
