import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser } from '../../testing/browser.ts';
import { message } from '../../testing/message.ts';
import { ScriptedSite } from '../../testing/scripted-site.ts';
import type { Message } from '../history/message.ts';

const START = Date.now() - 600_000;

/**
 * Messages of a partition with offsets from `first` to `last`, each a second after the one before, the first at
 * `second`.
 */
const run = (partition: number, first: number, last: number, second: number): Message[] =>
  Array.from({ length: last - first + 1 }, (_, index) =>
    message(first + index, { partition, timestamp: START + (second + index) * 1000 + partition }),
  );

/** What the list shows, from the top: places, and words for the marks. */
const shown = (page: Page): Promise<string[]> =>
  page.locator('#rows > *').evaluateAll((items) =>
    items.map((item) => {
      if (!item.classList.contains('gap')) return item.querySelector('.place')!.textContent;
      return item.querySelector('button') ? 'missing' : 'lost';
    }),
  );

const places = (messages: Message[]) => messages.toReversed().map(({ partition, offset }) => `${partition}/${offset}`);
const loadThem = (page: Page, index = 0) => page.getByRole('button', { name: 'Load them' }).nth(index).click();

async function expectShown(page: Page, expected: string[]): Promise<void> {
  await expect.poll(() => shown(page), { interval: 20, timeout: 5_000 }).toEqual(expected);
}

describeInBrowser('a gap', (open) => {
  async function start(messages: Message[]) {
    const site = await ScriptedSite.start();
    site.history = messages;
    site.catchUp = site.toCatchUp(messages.slice(-50), {});
    const { page, complaints } = await open(site.url);
    await expect.poll(() => page.locator('#pill').textContent()).toBe('Live');
    return {
      site,
      page,
      complaints,
      /** Sends messages before which some are missing, which the history has as well as some others. */
      sayAfterGap: (after: Message[], found: Message[] = []) => {
        site.history = [...site.history, ...found, ...after];
        site.emit('catch-up', site.toCatchUp(after, {}));
      },
    };
  }

  it('of one partition is marked below the newer messages of another, and stays when it is lost', async () => {
    const [zero, one] = [run(0, 0, 4, 0), run(1, 0, 9, 5)];
    const { page, sayAfterGap } = await start([...zero, ...one]);
    const late = message(100, { timestamp: one[6]!.timestamp - 1 });
    sayAfterGap([late]);
    const before = [...places(one.slice(6)), '0/100'];
    const after = [...places(one.slice(0, 6)), ...places(zero)];
    await expectShown(page, [...before, 'missing', ...after]);

    await loadThem(page);
    await expectShown(page, [...before, 'lost', ...after]);
    expect(await page.locator('.gap').textContent()).toContain('the history does not have them any more');
    expect(await page.evaluate(() => document.activeElement!.id)).toBe('log');
    expect(await page.locator('.row', { hasText: 'text 100' }).locator('.after').textContent()).toBe('');
  });

  it('is filled with what the history has, also further down than where it is marked', async () => {
    const [zero, one] = [run(0, 0, 4, 0), run(1, 0, 9, 10)];
    const { page, sayAfterGap } = await start([...zero, ...one]);
    const missing = run(0, 5, 8, 6);
    sayAfterGap([message(9, { timestamp: one[5]!.timestamp - 1 })], missing);
    await expect.poll(() => page.locator('.gap').count()).toBe(1);

    await loadThem(page);
    await expectShown(page, [
      ...places(one.slice(5)),
      '0/9',
      ...places(one.slice(0, 5)),
      ...places(missing),
      ...places(zero),
    ]);
  });

  it('is marked below the last row, and fills or says that there is nothing', async () => {
    const { page, site, sayAfterGap } = await start([]);
    const after = run(0, 7, 8, 0);
    sayAfterGap(after);
    await expectShown(page, ['0/8', '0/7', 'missing']);
    await loadThem(page);
    await expectShown(page, ['0/8', '0/7', 'lost']);
    expect(site.pages).toBe(1);
  });

  it('whose first message the history has below the last row is marked there', async () => {
    const messages = run(0, 0, 99, 0);
    const { page, sayAfterGap } = await start(messages);
    sayAfterGap([message(500, { partition: 1, timestamp: messages[20]!.timestamp - 1 }), ...run(0, 100, 100, 200)]);
    await expectShown(page, ['0/100', ...places(messages.slice(50)), 'missing']);
  });

  it('is one of several, which are searched one by one', async () => {
    const first = run(0, 0, 3, 0);
    const { page, sayAfterGap } = await start(first);
    const [second, found, third] = [run(0, 10, 12, 10), run(0, 13, 19, 13), run(0, 20, 21, 20)];
    sayAfterGap(second);
    sayAfterGap(third, found);
    await expectShown(page, [...places(third), 'missing', ...places(second), 'missing', ...places(first)]);

    await loadThem(page, 1);
    await expectShown(page, [...places(third), 'missing', ...places(second), 'lost', ...places(first)]);
    await loadThem(page);
    await expectShown(page, [...places(third), ...places(found), ...places(second), 'missing']);
  });

  it('is still marked when the page is full, and leads over hundreds of rows to what is missing or to the end', async () => {
    const first = run(0, 0, 449, 0);
    const { page, site, sayAfterGap } = await start(first.slice(-50));
    site.history = first;
    for (let times = 0; times < 4; times += 1) {
      const before = await page.locator('.row').count();
      await page.getByRole('button', { name: 'Load older' }).click();
      await expect.poll(() => page.locator('.row').count()).toBeGreaterThan(before);
    }
    await page.evaluate(() => scrollTo(0, 0));
    const after = run(0, 500, 599, 500);
    sayAfterGap(after);
    await expectShown(page, [...places(after), 'missing', ...places(first.slice(-400))]);

    site.pages = 0;
    await loadThem(page);
    await expectShown(page, [...places(after), 'lost', ...places(first.slice(-400))]);
    expect(site.pages).toBe(4);
    // The history goes on where the page ends.
    await page.getByRole('button', { name: 'Load older' }).click();
    await expect.poll(async () => (await shown(page)).at(-1)).toBe('0/0');
    expect(await page.locator('#held').isVisible()).toBe(true);
  });

  it('never has rows below it from which only a way through all of it leads on', async () => {
    const first = run(0, 0, 49, 0);
    const { page, site, sayAfterGap } = await start(first);
    sayAfterGap(run(0, 5_000, 5_049, 60));
    await expect.poll(() => page.locator('.row').count()).toBe(100);
    // One more than fits, so that the row goes that has the cursor of those below the gap.
    site.say(...run(0, 5_050, 5_450, 120));
    await expect.poll(() => page.locator('.row').count()).toBe(451);
    expect((await shown(page)).slice(-2)).toEqual(['0/5000', 'missing']);
  });

  it('is marked also among messages that were held', async () => {
    const first = run(0, 0, 4, 0);
    const { page, sayAfterGap } = await start(first);
    await page.getByRole('button', { name: 'Pause' }).click();
    sayAfterGap(run(0, 10, 11, 10));
    sayAfterGap(run(0, 20, 21, 20));
    await page.locator('#held').click();
    await expectShown(page, ['0/21', '0/20', 'missing', '0/11', '0/10', 'missing', ...places(first)]);
  });

  it('is marked before what comes later, when a catch-up has nothing', async () => {
    const first = run(0, 0, 1, 0);
    const { page, site } = await start(first);
    site.emit('catch-up', site.toCatchUp([], {}));
    site.say(...run(0, 9, 9, 9));
    site.say(...run(0, 10, 10, 10));
    await expectShown(page, ['0/10', '0/9', 'missing', ...places(first)]);
  });

  it('stays, and can be asked for again, when the history cannot be had', async () => {
    const first = run(0, 0, 2, 0);
    const { page, sayAfterGap } = await start(first);
    sayAfterGap(run(0, 5, 6, 5));
    await expectShown(page, ['0/6', '0/5', 'missing', ...places(first)]);
    await page.route('**/api/**', (route) => route.abort());
    await loadThem(page);
    await page.getByRole('alert').waitFor();
    await page.unrouteAll();
    await loadThem(page);
    await expectShown(page, ['0/6', '0/5', 'lost', ...places(first)]);
  });

  it('is none where a catch-up follows on, however many come on one connection', async () => {
    const first = run(0, 0, 2, 0);
    const { page, site, complaints } = await start(first);
    for (let part = 0; part < 3; part += 1) {
      const second = 10 * (part + 1);
      site.emit('catch-up', site.toCatchUp(run(0, 3 + 2 * part, 3 + 2 * part, second), { recovered: true }));
      site.say(...run(0, 4 + 2 * part, 4 + 2 * part, second + 1));
    }
    await expectShown(page, [...places(run(0, 3, 8, 0)), ...places(first)]);
    expect(await page.locator('#pill').textContent()).toBe('Live');
    // What was missed is not new, so nobody knows how long it took.
    expect(await page.locator('.row', { hasText: 'text 3' }).locator('.delay').textContent()).toBe('');
    site.drop();
    await expect.poll(() => site.handshakes.at(-1)!.positions).toMatchObject({ 0: { next: 9 } });
    expect(complaints).toEqual([]);
  });
});
