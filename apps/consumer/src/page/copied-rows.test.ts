import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser } from '../../testing/browser.ts';
import { message } from '../../testing/message.ts';
import { ScriptedSite } from '../../testing/scripted-site.ts';
import type { Message } from '../history/message.ts';

const START = Date.UTC(2026, 10, 26, 14, 3, 5);

/** Without a latency, which is not the same each time. */
const told = (offset: number, fields: object): Message => ({ ...message(offset), sentAt: null, key: null, ...fields });

/** Selects from one element to another, both whole, and copies that. */
async function copy(page: Page, [first, last]: [string, string]): Promise<string> {
  await page.evaluate(
    ([from, to]) => {
      const range = document.createRange();
      range.setStartBefore(document.querySelector(from!)!);
      range.setEndAfter(document.querySelector(to!)!);
      getSelection()!.removeAllRanges();
      getSelection()!.addRange(range);
    },
    [first, last],
  );
  await page.keyboard.press('ControlOrMeta+c');
  return page.evaluate(() => navigator.clipboard.readText());
}

describeInBrowser('a copy of the rows', (open) => {
  async function start() {
    const site = await ScriptedSite.start();
    const { page } = await open(site.url);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await expect.poll(() => page.locator('#pill').textContent()).toBe('Live');
    site.say(
      told(1, { timestamp: START, text: 'one\nwith\ttabs', key: 'order-7' }),
      told(2, { timestamp: START + 1_500 }),
    );
    await page.getByText('text 2').waitFor();
    return page;
  }

  it('has one line a row, with tabs between message, time, gap, latency, key and offset', async () => {
    const page = await start();
    const lines = [
      ['text 2', '2026-11-26T14:03:06.500Z', '+1.5 s', '', '', '0/2'],
      ['one with tabs', '2026-11-26T14:03:05.000Z', '', '', 'order-7', '0/1'],
    ].map((cells) => cells.join('\t'));
    expect(await copy(page, ['.row:first-child', '.row:last-child'])).toBe(lines.join('\n'));
    expect(await copy(page, ['.row:first-child .absolute', '.row:last-child .text'])).toBe(lines.join('\n'));
    expect(await copy(page, ['.row:last-child .text', '.row:last-child .place'])).toBe(lines[1]);
  });

  it('is what was selected where that is of one cell, or goes beyond the rows', async () => {
    const page = await start();
    expect(await copy(page, ['.row:first-child .text', '.row:first-child .text'])).toBe('text 2');
    const lines = await copy(page, ['.row:last-child .text', '.row:last-child .text']);
    expect(lines.trimEnd()).toBe('one\nwith\ttabs');
    expect(await copy(page, ['#feed-title', '.row:first-child .text'])).toMatch(/^hello-world\n/);
  });
});
