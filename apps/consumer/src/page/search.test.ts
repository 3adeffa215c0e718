import type { Page, Route } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser, down, isScrolledSideways, offsets, texts, violations } from '../../testing/browser.ts';
import { messages } from '../../testing/message.ts';
import { ScriptedSite, SITE_TOP } from '../../testing/scripted-site.ts';
import { Site } from '../../testing/site.ts';

const field = (page: Page) => page.getByRole('searchbox', { name: 'Search all messages' });
const words = (page: Page) => page.locator('#search-words').textContent();
const button = (page: Page, name: string) => page.locator('#search').getByRole('button', { name });
const query = (page: Page) => new URL(page.url()).search;

async function expectWords(page: Page, expected: string | RegExp): Promise<void> {
  await expect.poll(() => words(page)).toMatch(expected);
}

/** Holds back the answers of the history until each is let go. */
async function holdAnswers(page: Page) {
  const held: Route[] = [];
  await page.route('**/messages?*', (route) => {
    held.push(route);
  });
  const letGo = async (): Promise<void> => {
    await expect.poll(() => held.length).toBeGreaterThan(0);
    await held.shift()!.continue();
  };
  /** One after the other, until it says so: on a busy machine each has less than it could, and it takes more of them. */
  const letGoUntil = async (says: RegExp): Promise<void> => {
    const isSaid = async () => says.test((await words(page)) ?? '');
    while (!(await isSaid())) {
      await expect.poll(async () => held.length > 0 || (await isSaid())).toBe(true);
      if (!(await isSaid())) await held.shift()?.continue();
    }
  };
  return { held, letGo, letGoUntil };
}

describeInBrowser('the search', (open) => {
  async function start(count: number) {
    const site = await Site.start();
    await site.sayMany(count);
    const opened = await open(site.url);
    await expect.poll(() => opened.page.locator('#pill').textContent()).toBe('Live');
    return { site, ...opened };
  }

  it('finds in the whole history what has the words, in upper or lower case, and says of how many', async () => {
    const { page, site, complaints } = await start(1_250);
    await field(page).fill('HELLO 12x ');
    await expectWords(page, '0 of 1,250');
    await field(page).fill('hello 7');
    await expectWords(page, '111 of 1,250');
    await field(page).fill('HELLO 77');
    await expectWords(page, /^11 of 1,250$/);

    expect(await offsets(page)).toEqual([...down(779, 770), 77]);
    expect(query(page)).toBe('?topic=hello-world&contains=HELLO+77');
    await site.say('hello 77 once more');
    await site.say('something else');
    await site.say('Hello 777');
    await expect.poll(async () => (await texts(page)).slice(0, 2)).toEqual(['Hello 777', 'hello 77 once more']);
    await expectWords(page, '11 of 1,250, 2 new');
    expect(await page.locator('.row').count()).toBe(13);
    expect(complaints).toEqual([]);
  });

  it('is in the address: it survives a reload, and the way back and forward', async () => {
    const { page } = await start(30);
    await field(page).fill('hello 1');
    await expectWords(page, '11 of 30');
    await field(page).fill('hello 11');
    await expectWords(page, /^1 of 30$/);
    await page.reload();
    await expectWords(page, /^1 of 30$/);
    expect(await field(page).inputValue()).toBe('hello 11');

    // While somebody types on, it is one step for the way back.
    await page.goBack();
    await expect.poll(() => page.locator('.row').count()).toBe(30);
    expect(await field(page).inputValue()).toBe('');
    expect(await page.locator('#search').isVisible()).toBe(false);
    await page.goForward();
    await expectWords(page, /^1 of 30$/);
    await button(page, 'Clear').click();
    await expect.poll(() => page.locator('.row').count()).toBe(30);
    expect(query(page)).toBe('?topic=hello-world');
    expect(await field(page).evaluate((input) => input === document.activeElement)).toBe(true);
  });

  it('exports what it finds', async () => {
    const { page } = await start(30);
    await field(page).fill('hello 1');
    await expectWords(page, '11 of 30');
    for (const format of ['CSV', 'NDJSON']) {
      const link = page.getByRole('link', { name: format, exact: true });
      const address = new URL((await link.getAttribute('href'))!, page.url());
      const lines = (await (await fetch(address)).text()).trim().split(/\r?\n/);
      expect(lines).toHaveLength(format === 'CSV' ? 12 : 11);
    }
  });

  it('says how far back it came, can be stopped, and goes on from there', async () => {
    // One that answers as much however busy the machine is.
    const site = await ScriptedSite.start();
    site.history = messages(0, 249);
    site.catchUp = { ...site.toCatchUp([], {}), older: SITE_TOP };
    const { page } = await open(site.url);
    const answers = await holdAnswers(page);
    await field(page).fill('text');
    await expectWords(page, /^0 found, searching…$/);
    await answers.letGo();
    await expectWords(page, /^\d+ found back to .*\d\d:\d\d:\d\d, searching…$/);
    await button(page, 'Stop').click();
    await answers.letGo();
    await expectWords(page, /^\d+ found back to .*\d\d:\d\d:\d\d, stopped$/);
    expect(await button(page, 'Stop').isVisible()).toBe(false);
    expect(answers.held).toEqual([]);

    await button(page, 'Search on').click();
    await answers.letGoUntil(/^250 of 250$/);
    expect(await offsets(page)).toEqual(down(249, 0));
    expect(await button(page, 'Search on').isVisible()).toBe(false);
  });

  it('ends when the page is full, and goes on to the end when asked', async () => {
    const { page, site } = await start(1_120);
    await field(page).fill('hello');
    await expectWords(page, /^500 found back to .*, the page is full$/);
    expect(await offsets(page)).toEqual(down(1_119, 620));
    // At the end of the rows there is the same button.
    await page.locator('#older').click();
    await expectWords(page, /^1,000 found/);
    expect(await offsets(page)).toEqual(down(619, 120));
    await site.say('Hello live');
    await expect.poll(() => page.locator('#held').textContent()).toBe('Back to live, 1 new');
    await button(page, 'Search on').click();
    await expectWords(page, '1,120 of 1,120');
    expect((await offsets(page)).slice(-2)).toEqual([1, 0]);

    await page.locator('#held').click();
    await expectWords(page, /^500 found/);
    expect((await offsets(page))[0]).toBe(1_120);
  });

  it('fills the page with what is found, but not in the place of what comes live meanwhile', async () => {
    const { page, site } = await start(620);
    const answers = await holdAnswers(page);
    await field(page).fill('hello');
    await answers.letGoUntil(/^4\d\d found/);
    await expect.poll(() => answers.held.length).toBe(1);
    await site.say('Hello live');
    await expect.poll(async () => (await texts(page))[0]).toBe('Hello live');
    await answers.letGoUntil(/^499 found back to .*, 1 new, the page is full$/);
    expect(await offsets(page)).toEqual(down(620, 121));
    expect(await page.locator('#pill').textContent()).toBe('Live');
  });

  it('never shows what was looked for before', async () => {
    const { page, site } = await start(30);
    await site.say('Hello red');
    await site.say('Hello blue');
    const answers = await holdAnswers(page);
    await field(page).fill('red');
    await expect.poll(() => answers.held.length).toBe(1);
    await field(page).fill('blue');
    await expect.poll(() => answers.held.length).toBe(2);
    const before = answers.held.shift()!;
    await answers.letGoUntil(/^1 of 32$/);
    await before.continue().catch(() => {});
    await site.say('Hello blue and red');
    await expect.poll(() => texts(page)).toEqual(['Hello blue and red', 'Hello blue']);
    expect(await words(page)).toBe('1 of 32, 1 new');
  });

  it('goes on after the connection was away, with what came meanwhile', async () => {
    const { page, site } = await start(3);
    await site.say('a needle');
    await field(page).fill('needle');
    await expectWords(page, '1 of 4');
    await site.stop();
    await site.say('hay');
    await site.say('another needle');
    await site.start();
    await expect.poll(() => texts(page)).toEqual(['another needle', 'a needle']);
    await site.say('hay');
    await site.say('the last needle');
    await expect.poll(() => texts(page)).toEqual(['the last needle', 'another needle', 'a needle']);
    expect(await words(page)).toBe('1 of 4, 2 new');
  });

  it('begins anew when more came meanwhile than it is sent', async () => {
    const site = await ScriptedSite.start();
    site.history = messages(0, 9);
    site.catchUp = { ...site.toCatchUp([], {}), older: SITE_TOP };
    const { page } = await open(site.url, { address: '/?contains=text' });
    await expectWords(page, '10 of 10');
    site.history = messages(0, 19);
    site.emit('catch-up', { ...site.catchUp, missed: 10_001 });
    await expectWords(page, '20 of 20');
    expect(await offsets(page)).toEqual(down(19, 0));
    expect(await page.locator('.gap').count()).toBe(0);

    await page.getByRole('button', { name: 'Pause' }).click();
    site.emit('catch-up', { ...site.catchUp, missed: 10_001 });
    await expect.poll(() => page.locator('#held').textContent()).toBe('Back to live');
    expect(await offsets(page)).toEqual(down(19, 0));
    site.history = messages(0, 29);
    await page.locator('#held').click();
    await expectWords(page, '30 of 30');
  });

  it('holds what is found live while somebody pauses', async () => {
    const { page, site } = await start(3);
    await field(page).fill('hello');
    await expectWords(page, '3 of 3');
    await page.getByRole('button', { name: 'Pause' }).click();
    await site.say('hello, too');
    await site.say('other');
    await site.say('hello, three');
    await expect.poll(() => page.locator('#pill').textContent()).toBe('Paused, 2 new');
    await page.locator('#held').click();
    await expect.poll(() => texts(page)).toEqual(['hello, three', 'hello, too', 'Hello 2', 'Hello 1', 'Hello 0']);
  });

  it('says that it could not go on, and goes on when asked', async () => {
    const { page } = await start(3);
    await page.route('**/messages?*', (route) => route.abort());
    await field(page).fill('hello');
    await page.getByText('The search could not go on: the server cannot be reached.').waitFor();
    await expectWords(page, '0 found, stopped');
    await page.unrouteAll();
    await button(page, 'Search on').click();
    await expectWords(page, '3 of 3');
    expect(await page.locator('#error').isVisible()).toBe(false);
  });

  it('looks for a key, too', async () => {
    const { page, site } = await start(3);
    await site.log.topic('hello-world').append({ key: 'ключ', value: Buffer.from('with a key') });
    await page.getByText('with a key').waitFor();
    await page.getByText('Go to', { exact: true }).click();
    await page.getByLabel('Only the key').fill('ключ');
    await page.getByLabel('Only the key').press('Enter');
    await expectWords(page, 'Key ключ: 1 of 4');
    expect(await texts(page)).toEqual(['with a key']);
    await page.reload();
    await expectWords(page, 'Key ключ: 1 of 4');
    await field(page).fill('nothing');
    await expectWords(page, 'Key ключ: 0 of 4');
    expect(await page.locator('#empty').textContent()).toBe('No message matches.');
    await button(page, 'Clear').click();
    await expect.poll(() => page.locator('.row').count()).toBe(4);
  });

  it('does not call a broadcast overdue that it would not hear', async () => {
    const site = await Site.start();
    await site.say('Hello', { nextInMs: 1 });
    const { page } = await open(site.url);
    await expect.poll(() => page.locator('#next').textContent()).toBe('overdue');
    await field(page).fill('x');
    await expect.poll(() => page.locator('#next').textContent()).toBe('–');
    await button(page, 'Clear').click();
    await expect.poll(() => page.locator('#next').textContent()).toBe('overdue');
  });

  it.each([1280, 320])('has nothing that axe objects to, at %i px', async (width) => {
    const site = await Site.start();
    await site.sayMany(3);
    const { page } = await open(site.url, { width, bypassCSP: true, address: '/?contains=hello&key=test' });
    await expectWords(page, '3 of 3');
    await page.getByText('Go to', { exact: true }).click();
    expect(await violations(page)).toEqual([]);
    expect(await isScrolledSideways(page)).toBe(false);
    if (process.env['PICTURES']) await page.screenshot({ path: `${process.env['PICTURES']}/search-${width}.png` });
  });
});
