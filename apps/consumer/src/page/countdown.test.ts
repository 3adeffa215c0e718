import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser } from '../../testing/browser.ts';
import { message } from '../../testing/message.ts';
import { ScriptedSite } from '../../testing/scripted-site.ts';

const figure = (page: Page) => page.locator('#next').textContent();
const COUNTING = /^[78]\.\d s$/;

describeInBrowser('the countdown', (open) => {
  it('begins before the first broadcast, where the server knows when it is due', async () => {
    const site = await ScriptedSite.start();
    site.about = { due: { 'hello-world': Date.now() + 9_000 } };
    const { page } = await open(site.url);
    await expect.poll(() => figure(page)).toMatch(COUNTING);
    await expect
      .poll(() => page.locator('progress').evaluate(({ value }: HTMLProgressElement) => value))
      .toBeGreaterThan(0);

    site.say({ ...message(1, { timestamp: Date.now() }), sentAt: Date.now(), nextInMs: 60_000 });
    await expect.poll(() => figure(page)).toMatch(/^5\d\.\d s$/);
  });

  it.each([
    ['of a producer that was stopped, and another one is about to begin', -3_600_000],
    ['of a clock that is ahead', 3_600_000],
  ])('goes by the server where the last broadcast is %s', async (_, ms) => {
    const site = await ScriptedSite.start();
    site.catchUp = site.toCatchUp([{ ...message(1, { timestamp: Date.now() - 60_000 }), sentAt: Date.now() + ms }], {});
    site.about = { due: { 'hello-world': Date.now() + 9_000 } };
    const { page } = await open(site.url);
    await expect.poll(() => figure(page)).toMatch(COUNTING);
  });

  it('goes on as the last broadcast said, which is more exact', async () => {
    const site = await ScriptedSite.start();
    const now = Date.now();
    site.catchUp = site.toCatchUp([{ ...message(1, { timestamp: now }), sentAt: now, nextInMs: 60_000 }], {});
    site.about = { due: { 'hello-world': now + 20_000 } };
    const { page } = await open(site.url);
    await expect.poll(() => figure(page)).toMatch(/^5\d\.\d s$/);
  });

  it.each([
    ['of another topic', { other: Date.now() + 9_000 }],
    ['that is over', { 'hello-world': Date.now() - 1 }],
    ['that it does not say', undefined],
  ])('does not begin with a time %s', async (_, due) => {
    const site = await ScriptedSite.start();
    site.about = { due };
    const { page } = await open(site.url);
    await page.locator('#pill[data-state=live]').waitFor();
    expect(await figure(page)).toBe('–');
  });
});
