import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser, down, isScrolledSideways, offsets, texts, violations } from '../../testing/browser.ts';
import { Site } from '../../testing/site.ts';

const pill = (page: Page) => page.locator('#pill').textContent();
const query = (page: Page) => new URL(page.url()).search;
const marked = (page: Page) => page.locator('.row[aria-current=true] .place').allTextContents();
const held = (page: Page) => page.locator('#held');

async function expectLooking(page: Page, more = ''): Promise<void> {
  await expect.poll(() => pill(page)).toMatch(new RegExp(`^Looking at \\d\\d:\\d\\d:\\d\\d${more}$`));
}

/** Whether the marked row is in the window, and not under what stays at its top. */
const isInView = (page: Page) =>
  page.locator('.row[aria-current=true]').evaluate((row) => {
    const { top, left, bottom } = row.getBoundingClientRect();
    return bottom <= innerHeight && document.elementFromPoint(left + 10, top + 5)?.closest('.row') === row;
  });

describeInBrowser('a place in the history', (open) => {
  async function start(count: number, address: string, settings = {}) {
    const site = await Site.start(settings);
    await site.sayMany(count);
    return { site, ...(await open(site.url, { address })) };
  }

  it('of a message is shown in its surroundings, marked, with a way back to live', async () => {
    const { page, site, complaints } = await start(300, '/?offset=0/100');
    await expectLooking(page);
    await expect.poll(() => marked(page)).toEqual(['0/100']);
    expect(await offsets(page)).toEqual(down(150, 51));
    expect(await isInView(page)).toBe(true);

    await site.say('new');
    await site.say('new, too');
    await expectLooking(page, ', 2 new');
    expect(await held(page).textContent()).toBe('Back to live, 2 new');
    expect(await offsets(page)).toEqual(down(150, 51));
    await held(page).click();
    await expect.poll(() => pill(page)).toBe('Live');
    await expect.poll(() => offsets(page)).toEqual(down(301, 252));
    expect(query(page)).toBe('?topic=hello-world');
    expect(await page.evaluate(() => [scrollY, document.activeElement!.id])).toEqual([0, 'log']);
    await site.say('live');
    await expect.poll(async () => (await texts(page))[0]).toBe('live');
    expect(complaints).toEqual([]);
  });

  it('goes on in both directions, and what is in view stays where it is', async () => {
    const { page, site } = await start(400, '/?topic=hello-world&offset=0/200');
    await expect.poll(() => marked(page)).toEqual(['0/200']);
    const top = () => page.locator('.row[aria-current=true]').evaluate((row) => row.getBoundingClientRect().top);
    // The browser scrolls by whole pixels.
    const before = await top();
    await site.say('new');
    await expectLooking(page, ', 1 new');
    // Playwright's own click would scroll to the button.
    await page.getByRole('button', { name: 'Load newer' }).dispatchEvent('click');
    await expect.poll(() => offsets(page)).toEqual(down(350, 151));
    expect(Math.abs((await top()) - before)).toBeLessThan(1.5);
    await page.getByRole('button', { name: 'Load older' }).dispatchEvent('click');
    await expect.poll(() => offsets(page)).toEqual(down(350, 51));

    // Up to the newest it is live again, without a jump or a loss.
    await page.locator('#newer').click();
    await expect.poll(() => pill(page)).toBe('Live');
    expect(await offsets(page)).toEqual(down(400, 51));
    expect(query(page)).toBe('?topic=hello-world');
    expect(await page.locator('#newer').isVisible()).toBe(false);
    await site.say('one more');
    await expect.poll(() => held(page).textContent()).toBe('Show 1 new');
    await held(page).click();
    await expect.poll(() => offsets(page)).toEqual(down(401, 51));
  });

  it('is left for the newest when more came meanwhile than is held', async () => {
    const { page, site } = await start(100, '/?offset=0/10');
    await expect.poll(() => marked(page)).toEqual(['0/10']);
    await site.sayMany(600);
    await expectLooking(page, ', 600 new');
    for (const newest of [160, 260, 360, 460, 560, 660]) {
      await page.locator('#newer').click();
      await expect.poll(async () => (await offsets(page))[0]).toBe(newest);
    }
    expect(await offsets(page)).toEqual(down(660, 161));
    await page.locator('#newer').click();
    await expect.poll(() => pill(page)).toBe('Live');
    await expect.poll(() => offsets(page)).toEqual(down(699, 650));
  });

  it('near the newest goes on live with all that came since', async () => {
    const { page, site } = await start(100, '/?offset=0/60');
    await expect.poll(() => marked(page)).toEqual(['0/60']);
    expect(await page.locator('#newer').isVisible()).toBe(false);
    await site.sayMany(100);
    await expectLooking(page, ', 100 new');
    await held(page).click();
    await expect.poll(() => offsets(page)).toEqual(down(199, 11));
    expect(await pill(page)).toBe('Live');
    expect(await page.locator('.gap').count()).toBe(0);
  });

  it('is a moment, too', async () => {
    const site = await Site.start();
    await site.sayMany(30);
    const { timestamp } = (await (await fetch(`${site.url}/api/topics/hello-world/messages?limit=1`)).json())
      .messages[0];
    // The next one is later by more than the clock's grain.
    await expect.poll(() => Date.now()).toBeGreaterThan(timestamp + 20);
    await site.sayMany(30);
    for (const at of [timestamp + 10, new Date(timestamp + 10).toISOString()]) {
      const { page } = await open(site.url, { address: `/?at=${at}` });
      await expectLooking(page);
      await expect.poll(() => marked(page)).toEqual(['0/29']);
      expect(await offsets(page)).toEqual(down(59, 0));
    }
  });

  it.each([
    ['0/3', 'The message 0/3 was evicted'],
    ['0/999', 'There is no message 0/999 yet.'],
    ['7/0', 'There is no message 7/0 yet.'],
  ])('of a message that is not there says so, and shows what is near: %s', async (offset, words) => {
    const { page } = await start(20, '/', { HISTORY_MAX_ROWS: 10 });
    const oldest = async () => (await offsets(page)).at(-1);
    await expect
      .poll(async () => {
        await page.reload();
        await page.locator('.row').first().waitFor();
        return oldest();
      })
      .toBe(10);
    await page.goto(new URL(`?offset=${offset}`, page.url()).href);
    await page.getByText(words).waitFor();
    expect(await marked(page)).toEqual([]);
    await expect(
      page.getByText(words).evaluate((part) => part.getBoundingClientRect().bottom <= innerHeight),
    ).resolves.toBe(true);
    expect(await offsets(page)).toEqual(down(19, 10));
    expect(await pill(page)).toMatch(/^Looking at /);
    await held(page).click();
    await expect.poll(() => pill(page)).toBe('Live');
    expect(await page.getByText(words).isVisible()).toBe(false);
  });

  it('that is not one is said to be wrong, with what was expected', async () => {
    for (const [address, words] of [
      ['?at=yesterday', /This place could not be shown: at: expected .*\./],
      ['?offset=12', /This place could not be shown: offset: .*\./],
      ['?offset=0/99999999999999999999', /This place could not be shown: offset: .*\./],
      ['?from=2026-01-02&to=2026-01-01', /This place could not be shown: .*\./],
    ] as const) {
      const { page } = await start(3, `/${address}`);
      await page.getByText(words).waitFor();
      // Also when the connection has come about meanwhile.
      await expect.poll(() => page.locator('#facts').textContent()).toContain('3 messages');
      await expect.poll(() => page.getByText(words).isVisible()).toBe(true);
      expect(await page.getByText('There are no messages here.').isVisible()).toBe(false);
      await held(page).click();
      await expect.poll(() => offsets(page)).toEqual([2, 1, 0]);
      expect(await page.locator('#error').isVisible()).toBe(false);
    }
  });

  it('is a range, which Export has, too', async () => {
    const site = await Site.start();
    await site.sayMany(10);
    const { messages } = await (await fetch(`${site.url}/api/topics/hello-world/messages`)).json();
    const [from, to] = [messages[6].timestamp, messages[2].timestamp] as const;
    const within = messages
      .filter(({ timestamp }: { timestamp: number }) => timestamp >= from && timestamp < to)
      .map((each: { offset: number }) => each.offset);
    const { page } = await open(site.url, { address: `/?from=${from}&to=${to}` });
    await expect.poll(() => offsets(page)).toEqual(within);
    expect(await pill(page)).toMatch(/^Looking at \d\d:\d\d:\d\d – \d\d:\d\d:\d\d$/);
    const address = (await page.getByRole('link', { name: 'NDJSON' }).getAttribute('href'))!;
    const lines = await (await fetch(new URL(address, page.url()))).text();
    expect(lines.trim().split('\n').filter(Boolean)).toHaveLength(within.length);
    await site.say('later');
    await expect.poll(() => held(page).textContent()).toBe('Back to live, 1 new');
  });

  it('can be searched from there', async () => {
    const { page } = await start(300, '/?offset=0/150&contains=hello%201');
    await expect.poll(() => page.locator('#search-words').textContent()).toMatch(/^\d+ of \d+$/);
    expect(await marked(page)).toEqual(['0/150']);
    expect((await offsets(page)).slice(-2)).toEqual([10, 1]);

    // Who looks for other words looks everywhere.
    await page.getByRole('searchbox').fill('hello 29');
    await expect.poll(() => offsets(page)).toEqual([...down(299, 290), 29]);
    expect(query(page)).toBe('?topic=hello-world&contains=hello+29');
    expect(await pill(page)).toBe('Live');
  });

  it('is where the link of a row leads, and the browser leads back', async () => {
    const { page } = await start(30, '/');
    let loads = 0;
    page.on('load', () => (loads += 1));
    await page.getByRole('link', { name: '0/12', exact: true }).click();
    await expect.poll(() => marked(page)).toEqual(['0/12']);
    expect(query(page)).toBe('?topic=hello-world&offset=0/12');
    await page.getByRole('link', { name: '0/15', exact: true }).click();
    await expect.poll(() => marked(page)).toEqual(['0/15']);
    await page.goBack();
    await expect.poll(() => marked(page)).toEqual(['0/12']);
    await page.goBack();
    await expect.poll(() => marked(page)).toEqual([]);
    expect(await pill(page)).toBe('Live');
    await page.goForward();
    await expect.poll(() => marked(page)).toEqual(['0/12']);
    expect(loads).toBe(0);
  });

  it('takes the focus along, and the way back to live leads to the top', async () => {
    const { page, site } = await start(60, '/');
    await page.locator('.row', { hasText: '0/12' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Permanent link' }).press('Enter');
    await expect.poll(() => marked(page)).toEqual(['0/12']);
    const focused = () => page.evaluate(() => document.activeElement!.getAttribute('aria-current'));
    await expect.poll(focused).toBe('true');

    await page.goBack();
    await expect.poll(() => pill(page)).toBe('Live');
    await expect.poll(() => page.evaluate(() => scrollY)).toBe(0);
    await site.say('live');
    await expect.poll(async () => (await texts(page))[0]).toBe('live');
    expect(await held(page).isVisible()).toBe(false);
  });

  it('can be gone to by its moment or its offset, with the keyboard, and says what is wrong', async () => {
    const { page } = await start(30, '/');
    await expect.poll(() => pill(page)).toBe('Live');
    const summary = page.getByText('Go to', { exact: true });
    await summary.focus();
    await page.keyboard.press('Enter');
    const offset = page.getByLabel('Offset', { exact: true });
    const wrong = () => offset.evaluate((input: HTMLInputElement) => input.validationMessage);
    await offset.fill('a');
    await page.keyboard.press('Enter');
    expect(await wrong()).toBe('Write the partition and the offset as numbers, such as 0/12.');
    await offset.fill('12');
    expect(await wrong()).toBe('');
    await page.keyboard.press('Enter');
    await expect.poll(() => marked(page)).toEqual(['0/12']);
    expect(await offset.isVisible()).toBe(false);
    expect(await summary.evaluate((part) => part === document.activeElement)).toBe(true);

    await page.keyboard.press('Enter');
    const moment = page.getByLabel('Moment');
    await expect.poll(() => moment.evaluate((field) => field === document.activeElement)).toBe(true);
    // What it offers is now.
    expect(Math.abs(new Date(await moment.inputValue()).getTime() - Date.now())).toBeLessThan(60_000);
    await moment.fill('2020-02-03T04:05:06');
    await page.keyboard.press('Enter');
    await page.getByText('The history has nothing of this moment: it begins at').waitFor();
    expect(new URL(page.url()).searchParams.get('at')).toBe(new Date(2020, 1, 3, 4, 5, 6).toISOString());
    expect(await pill(page)).toBe('Looking at 3 Feb, 04:05:06');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    expect(await moment.isVisible()).toBe(false);
  });

  it('leaves the focus to whoever was faster than the fields', async () => {
    const { page } = await start(3, '/');
    const focused = await page.evaluate(() => {
      const details = document.querySelector<HTMLDetailsElement>('#go-to')!;
      const { promise, resolve } = Promise.withResolvers<string>();
      // The page's own listener has run before.
      details.addEventListener('toggle', () => resolve(document.activeElement!.id));
      details.querySelector('summary')!.click();
      details.querySelector<HTMLInputElement>('#go-offset')!.focus();
      return promise;
    });
    expect(focused).toBe('go-offset');
  });

  it('holds what somebody selects, and shows what came after it', async () => {
    const { page, site } = await start(3, '/');
    await expect.poll(() => pill(page)).toBe('Live');
    const { x, y, height } = (await page.locator('.text').first().boundingBox())!;
    await page.mouse.move(x + 2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + 60, y + height / 2, { steps: 3 });
    await page.mouse.up();
    expect(await page.evaluate(() => String(getSelection()).trim())).not.toBe('');
    await site.say('held');
    await expect.poll(() => held(page).textContent()).toBe('Show 1 new');
    expect((await texts(page))[0]).toBe('Hello 2');
    await page.evaluate(() => getSelection()!.removeAllRanges());
    await expect.poll(async () => (await texts(page))[0]).toBe('held');
    expect(await held(page).isVisible()).toBe(false);
  });

  it.each([1280, 320])('has nothing that axe objects to, at %i px', async (width) => {
    const site = await Site.start({ HISTORY_MAX_ROWS: 200 });
    await site.sayMany(300);
    const { page } = await open(site.url, { width, bypassCSP: true, address: '/?offset=0/250' });
    await expect.poll(() => marked(page)).toEqual(['0/250']);
    await site.say('new');
    await expectLooking(page, ', 1 new');
    const picture = async (name: string) => {
      expect(await violations(page)).toEqual([]);
      expect(await isScrolledSideways(page)).toBe(false);
      const folder = process.env['PICTURES'];
      if (folder) await page.screenshot({ path: `${folder}/${name}-${width}.png` });
    };
    await picture('place');
    await page.goto(`${site.url}/?offset=0/5`);
    await page.getByText('was evicted').waitFor();
    await picture('evicted');
  });
});
