import { expect, it } from 'vitest';
import { describeInBrowser } from '../../testing/browser.ts';
import { Site } from '../../testing/site.ts';

describeInBrowser('a screen reader', (open) => {
  it('is told how many messages came, at most every 5 s, and of no row', async () => {
    const site = await Site.start();
    await site.say('of before');
    const { page } = await open(site.url, { clock: true });
    await page.getByText('of before').waitFor();
    const announcement = page.locator('#announcement');
    const said: string[] = [];
    await page.exposeFunction('take', (words: string) => said.push(words));
    await announcement.evaluate((element) => {
      const { take } = globalThis as unknown as { take: (words: string) => void };
      new MutationObserver(() => take(element.textContent)).observe(element, { childList: true });
    });
    await site.sayMany(14);
    await page.getByText('Hello 13').waitFor();
    await page.clock.runFor(4_000);
    expect(said).toEqual([]);
    await page.clock.runFor(1_000);
    await expect.poll(() => said).toEqual(['14 new messages']);

    for (const text of ['one', 'two']) {
      await site.say(text);
      await page.getByText(text, { exact: true }).waitFor();
      await page.clock.runFor(5_000);
    }
    await expect.poll(() => said).toEqual(['14 new messages', '1 new message', '1 new message']);
    await page.clock.runFor(60_000);
    expect(said).toHaveLength(3);
    expect(await announcement.getAttribute('role')).toBe('status');
    expect(await page.locator('#rows').evaluate((rows) => rows.closest('[aria-live], [role=log]'))).toBeNull();
  });
});
