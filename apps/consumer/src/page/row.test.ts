import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { describeInBrowser, isScrolledSideways, violations } from '../../testing/browser.ts';
import { message } from '../../testing/message.ts';
import { ScriptedSite } from '../../testing/scripted-site.ts';
import type { Message } from '../history/message.ts';

const told = (offset: number, fields: object): Message => ({
  ...message(offset, { timestamp: Date.now() }),
  ...fields,
});
const row = (page: Page, text: string) => page.locator('.row', { hasText: text });

describeInBrowser('a row', (open) => {
  async function start(view = {}, about = {}) {
    const site = await ScriptedSite.start();
    site.about = about;
    const opened = await open(site.url, view);
    await expect.poll(() => opened.page.locator('#pill').textContent()).toBe('Live');
    return { site, ...opened };
  }

  it('shows the key that its record has, but not the one that says again where it is from', async () => {
    const { site, page, complaints } = await start();
    site.say(
      told(1, { text: 'of a broadcast', key: 'test' }),
      told(2, { text: 'of another program', key: 'order-7', environment: null, sentAt: null }),
      told(3, { text: 'without a key', key: null }),
      told(4, { text: 'of an odd server', key: 7 }),
      told(5, { text: 'with a key that turns around', key: '\u202ex' }),
    );
    await page.getByText('of a broadcast').waitFor();

    expect(await page.locator('.more').count()).toBe(2);
    expect(await row(page, 'of another program').locator('.more span').allTextContents()).toEqual(['key order-7']);
    expect(await row(page, 'turns around').locator('.more').textContent()).toBe('key ⟨U+202E⟩x ');
    expect(complaints).toEqual([]);
  });

  it('shows the fields that were added to the broadcast, with their names', async () => {
    const fields = ['text', 'environment', 'sequence', 'sentAt', 'nextInMs', 'dueAt', 'priority', 'tags', 'count'];
    const { site, page } = await start({}, { fields });
    site.say(
      told(1, { text: 'of before', priority: null }),
      told(2, { text: 'new', count: 0, priority: 'high', tags: ['a', 'b'], dueAt: 7, unknown: 'x' }),
    );
    await page.getByText('new', { exact: true }).waitFor();

    expect(await row(page, 'of before').locator('.more').count()).toBe(0);
    const words = ['priority high', 'tags ["a","b"]', 'count 0'];
    expect(await row(page, 'new').locator('.more span').allTextContents()).toEqual(words);
  });

  it('says in muted words why a record has no text, and no others are muted', async () => {
    const { site, page } = await start();
    site.say(
      told(1, { text: 'other', environment: null, sequence: null, sentAt: null, nextInMs: null }),
      told(2, { text: '', unreadable: 'the record has no value' }),
      told(3, { text: 'with words', unreadable: 'and a reason' }),
    );
    const empty = page.getByText('the record has no value', { exact: true });
    await empty.waitFor();

    const colour = (text: string) => page.getByText(text).evaluate((element) => getComputedStyle(element).color);
    const muted = await page
      .locator('.meta')
      .first()
      .evaluate((element) => getComputedStyle(element).color);
    expect(await colour('the record has no value')).toBe(muted);
    expect(await colour('with words: and a reason')).toBe(muted);
    expect(await colour('other')).not.toBe(muted);
  });

  it('has a permanent link at its offset, which a middle click opens in a tab of its own', async () => {
    const { site, page } = await start();
    site.say(told(7, { partition: 2, topic: 'a&b' }), told(8, { topic: undefined }));
    const link = page.getByRole('link', { name: '2/7' });
    await link.waitFor();
    expect((await page.locator('.place').allTextContents()).toSorted()).toEqual(['0/8', '2/7']);
    expect(await page.locator('.place a[href]').count()).toBe(1);

    const opened = page.context().waitForEvent('page');
    await link.click({ button: 'middle' });
    const { searchParams } = new URL((await opened).url());
    expect(Object.fromEntries(searchParams)).toEqual({ topic: 'a&b', offset: '2/7' });
  });

  describe.each([1280, 320])('at %i px', (width) => {
    it('is one of a table, with its cells below the names of their columns', async () => {
      const fields = ['priority'];
      const { site, page } = await start({ width, bypassCSP: true }, { fields });
      const whole = { truncated: true, size: 9_999, value: 'api/whole' };
      site.say(told(1, { sentAt: null, key: 'k'.repeat(300), priority: 'x'.repeat(300), ...whole }));
      await page.getByText('text 1').waitFor();
      const table = page.getByRole('table', { name: 'hello-world' });

      const columns = ['Message', 'Time', 'Gap', 'Latency', 'Offset'];
      expect(await table.getByRole('columnheader').allTextContents()).toEqual(columns);
      const cells = await table.getByRole('row').last().getByRole('cell').allTextContents();
      expect(cells.slice(1)).toEqual([expect.stringMatching(/^\d\d:\d\d:\d\d$/), '', '', '0/1']);
      expect(await violations(page)).toEqual([]);
      expect(await isScrolledSideways(page)).toBe(false);

      site.emit('catch-up', { ...site.toCatchUp([told(50, { timestamp: Date.now() + 1 })], {}), missed: 60 });
      const mark = table.getByRole('row', { name: 'Messages are missing here. Load them' });
      await mark.waitFor();
      expect(await mark.getByRole('cell').count()).toBe(1);
      expect(await violations(page)).toEqual([]);
    });
  });
});
