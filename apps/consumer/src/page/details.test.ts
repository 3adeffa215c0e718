import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { describeInBrowser, isScrolledSideways, violations } from '../../testing/browser.ts';
import { message } from '../../testing/message.ts';
import { ScriptedSite } from '../../testing/scripted-site.ts';
import { Site } from '../../testing/site.ts';
import type { Message } from '../history/message.ts';

const FIELDS = ['text', 'environment', 'sequence', 'sentAt', 'nextInMs', 'dueAt', 'priority'];
const START = Date.UTC(2026, 10, 26, 14, 3, 5);

const told = (offset: number, fields: object = {}): Message => ({
  ...message(offset, { timestamp: START + offset * 1000 }),
  ...fields,
});
/** A message as the server says the whole of it. */
const whole = (offset: number, fields: object = {}) => ({
  ...told(offset),
  key: 'test',
  headers: [],
  timestampType: 'append',
  size: 123,
  value: `api/topics/hello-world/messages/0/${offset}/value`,
  readAt: null,
  dueAt: null,
  ...fields,
});

const row = (page: Page, text: string) => page.locator('.row', { hasText: text });
const dialog = (page: Page) => page.getByRole('dialog');
const status = (page: Page) => page.locator('#details-status').textContent();

/** What the details say, by name. */
const facts = async (page: Page): Promise<Record<string, string>> =>
  Object.fromEntries(
    await page
      .locator('#details-facts div')
      .evaluateAll((items) => items.map((item) => [...item.children].map(({ textContent }) => textContent))),
  );

const steps = (page: Page): Promise<string[][]> =>
  page
    .locator('#journey-steps li')
    .evaluateAll((items) => items.map((item) => [...item.children].map(({ textContent }) => textContent)));

const focused = (page: Page) => page.evaluate(() => document.activeElement!.querySelector('.text')?.textContent);

describeInBrowser('the details of a message', (open) => {
  async function start(view = {}) {
    const site = await ScriptedSite.start();
    site.about = { fields: FIELDS };
    const opened = await open(site.url, view);
    await expect.poll(() => opened.page.locator('#pill').textContent()).toBe('Live');
    return { site, ...opened };
  }

  /** Starts with messages in the rows, and what the server says of the whole of each. */
  async function startWith(messages: { row?: object; whole?: object }[], view = {}) {
    const started = await start(view);
    for (const [offset, { whole: fields }] of messages.entries())
      started.site.details.set(`0/${offset}`, { status: 200, message: whole(offset, fields) });
    started.site.say(...messages.map(({ row: fields }, offset) => told(offset, fields)));
    await row(started.page, `0/${messages.length - 1}`).waitFor();
    return started;
  }

  it('have all that the record has: text, place, time, key, size, fields, headers', async () => {
    const headers = [
      ['trace', 'a-1'],
      ['bytes', { hex: '00ff' }],
      ['empty', null],
    ];
    const trace = { id: '4bf92f3577b34da6a3ce929d0e0e4736', sampled: true };
    const { page, complaints } = await startWith([{ whole: { headers, trace, priority: 'high', nextInMs: 5_250.5 } }]);
    await row(page, 'text 0').click();
    await expect.poll(() => facts(page)).toHaveProperty('size');

    expect(await page.getByRole('dialog', { name: 'hello-world 0/0' }).isVisible()).toBe(true);
    expect(await page.locator('#details-text').textContent()).toBe('text 0');
    expect(await facts(page)).toEqual({
      partition: '0',
      offset: '0',
      timestamp: expect.stringMatching(/^26 Nov 2026, \d\d:03:05\.000, set when it was appended$/),
      key: 'test',
      size: '123 bytes',
      environment: 'test',
      sequence: '1',
      sentAt: expect.stringMatching(/^26 Nov 2026, \d\d:03:05\.000$/),
      nextInMs: '5.3 s',
      priority: 'high',
      'header trace': 'a-1',
      'header bytes': '00ff, in hexadecimal: it is not text',
      'header empty': 'no value',
      trace: trace.id,
    });
    expect(await status(page)).toBe('');
    expect(complaints).toEqual([]);
  });

  it('are there at once from the row, and say why there is no more', async () => {
    const { site, page } = await start();
    site.details.set('0/0', { status: 404, message: { detail: 'the message at 0/0 was evicted', reason: 'evicted' } });
    site.details.set('0/1', { status: 401, message: {} });
    site.details.set('0/2', { status: 503, message: 'busy' });
    site.say(...[0, 1, 2, 3].map((offset) => told(offset, { priority: 'low' })));
    await row(page, 'text 3').waitFor();
    const rest = 'This is what its row has.';
    for (const [offset, words] of [
      [0, `The message at 0/0 was evicted. ${rest}`],
      [1, `You are signed out: sign in again to see the whole message. ${rest}`],
      [2, `The server answers 503. ${rest}`],
    ] as const) {
      await row(page, `text ${offset}`).click();
      await expect.poll(() => status(page)).toBe(words);
      expect(await page.locator('#details-text').textContent()).toBe(`text ${offset}`);
      expect(await facts(page)).toMatchObject({ offset: String(offset), priority: 'low' });
      await page.keyboard.press('Escape');
    }

    await page.route('**/messages/0/3', (route) => route.abort());
    await row(page, 'text 3').click();
    await expect.poll(() => status(page)).toBe(`The server cannot be reached. ${rest}`);
    await page.getByRole('button', { name: 'Copy text' }).click();
    expect(await status(page)).toBe('The whole message is not there yet.');
  });

  it('of what the server did not place are those of its row', async () => {
    const { site, page, complaints } = await start();
    site.emit('messages', { topic: 'hello-world', messages: [null, told(7, { topic: 7 })], older: null });
    await row(page, 'cannot place').click();
    expect(await status(page)).toMatch(/^The server did not say where this message is/);
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    expect(await page.locator('#details-actions').isVisible()).toBe(false);
    expect(complaints).toEqual([]);
  });

  it('set out JSON as it is, digit by digit', async () => {
    const text = '{"id":12345678901234567890,"tags":["a",{"b":1.0}]}';
    const { page } = await startWith([{ row: { text }, whole: { text } }]);
    await row(page, 'tags').click();

    const lines = ['{', '  "id": 12345678901234567890,', '  "tags": [', '    "a",', '    {', '      "b": 1.0'];
    expect(await page.locator('#details-text').textContent()).toBe([...lines, '    }', '  ]', '}'].join('\n'));
  });

  it('show bytes that are no text, with the reason, and lead to all of them', async () => {
    const unreadable = 'it is not text in UTF-8';
    const odd = { text: '', unreadable };
    const { page } = await startWith([{ row: odd, whole: { ...odd, hex: '48690aff', size: 4 } }]);
    await row(page, unreadable).click();

    await expect.poll(() => page.locator('#details-hex').textContent()).toMatch(/^0000 {2}48 69 0a ff +Hi\.\.$/);
    expect(await page.locator('#details-remark').textContent()).toBe(unreadable);
    expect(await page.locator('#details-text').isVisible()).toBe(false);
    expect(await page.getByRole('button', { name: 'Copy text' }).isVisible()).toBe(false);
    const download = page.getByRole('link', { name: 'Download the value' });
    expect(await download.evaluate((link: HTMLAnchorElement) => new URL(link.href).pathname)).toBe(
      '/api/topics/hello-world/messages/0/0/value',
    );
  });

  it('name what hides or turns around, and show a beginning of what is very long', async () => {
    const { page } = await startWith([
      { row: { text: 'odd' }, whole: { text: 'turned \u202etxt.exe', key: '\u0000', headers: [['\u202e', 'x']] } },
      { row: { text: 'long' }, whole: { text: 'x'.repeat(1_000_000), truncated: true } },
      { row: { text: 'empty' }, whole: { text: '', unreadable: 'the record has no value', size: null, key: '' } },
    ]);
    await row(page, 'odd').click();
    await expect.poll(() => page.locator('#details-text').textContent()).toBe('turned ⟨U+202E⟩txt.exe');
    expect(await facts(page)).toMatchObject({ key: '⟨U+0000⟩', 'header ⟨U+202E⟩': 'x' });

    await page.keyboard.press('k');
    await expect.poll(() => page.locator('#details-remark').textContent()).toMatch(/^This is only its beginning/);
    expect((await page.locator('#details-text').textContent())!.length).toBe(100_000);
    await page.keyboard.press('k');
    await expect.poll(() => facts(page)).toMatchObject({ size: 'no value', key: 'empty' });
    expect(await page.getByRole('link', { name: 'Download the value' }).isVisible()).toBe(false);
  });

  it('tell where the time went, step by step', async () => {
    const { site, page } = await start();
    const sentAt = Date.now() - 5_000;
    const moments = { sentAt, dueAt: sentAt - 700, timestamp: sentAt + 2_000, readAt: sentAt + 2_500 };
    site.details.set('0/0', { status: 200, message: whole(0, moments) });
    site.say(told(0, { sentAt, timestamp: sentAt + 2_000 }));
    await row(page, 'text 0').click();
    await expect.poll(async () => (await steps(page)).length).toBe(6);

    const found = await steps(page);
    expect(found.map(([name]) => name)).toEqual([
      ...['due', 'sent', 'appended to the topic', 'read by the consumer', 'received here', 'shown here'],
    ]);
    expect(found.slice(1, 4).map(([, ms]) => ms)).toEqual(['+700 ms', '+2.0 s', '+500 ms']);
    const widths = await page
      .locator('#journey-bar span')
      .evaluateAll((parts) => parts.map((part) => part.getBoundingClientRect().width));
    expect(widths).toHaveLength(5);
    expect(widths[1]! / widths[0]!).toBeCloseTo(2_000 / 700, 0);
    expect(await page.locator('#journey-remark').textContent()).toMatch(/^\d.* s in all/);
  });

  it('tell how long a message was held back here', async () => {
    const { site, page } = await start({ clock: true });
    site.details.set('0/0', { status: 404, message: {} });
    await page.getByRole('button', { name: 'Pause' }).click();
    site.say(told(0));
    await page.locator('#held').waitFor();
    await page.clock.runFor(40_000);
    await page.getByRole('button', { name: 'Pause' }).click();
    await row(page, 'text 0').click();
    expect((await steps(page)).at(-1)).toEqual(['shown here', expect.stringMatching(/^\+4\d\.\d s$/)]);
  });

  it('do not draw a way through clocks that do not agree, and leave out what is not known', async () => {
    const ahead = { sentAt: START + 90_000, readAt: START + 25 };
    const { page } = await startWith([
      { whole: ahead },
      { row: { text: 'other', sentAt: null }, whole: { sentAt: null, timestampType: 'create' } },
    ]);
    await row(page, 'text 0').click();
    await expect.poll(() => page.locator('#journey-remark').textContent()).toBe('The clocks on its way do not agree.');
    expect(await page.locator('#journey-bar').isVisible()).toBe(false);
    expect((await steps(page))[1]).toEqual(['appended to the topic', '1 min 30 s earlier, by another clock']);

    await page.keyboard.press('k');
    await expect.poll(async () => (await steps(page)).map(([name]) => name)).toEqual(['received here', 'shown here']);
  });

  it('copy text, JSON and link, or say that the browser does not let them', async () => {
    const { site, page } = await startWith([{ whole: { text: 'the\u0000text' } }]);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    await row(page, 'text 0').click();
    await expect.poll(() => facts(page)).toHaveProperty('size');
    await page.getByRole('button', { name: 'Copy text' }).click();
    await expect.poll(() => status(page)).toBe('Copied the text.');
    expect(await copied()).toBe('the\u0000text');
    await page.getByRole('button', { name: 'Copy JSON' }).click();
    await expect.poll(() => status(page)).toBe('Copied the JSON.');
    expect(await copied()).toBe(JSON.stringify(whole(0, { text: 'the\u0000text' }), null, 2));
    await page.getByRole('button', { name: 'Copy link' }).click();
    await expect.poll(() => status(page)).toBe('Copied the link.');
    expect(await copied()).toBe(`${site.url}/?topic=hello-world&offset=0/0`);

    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await page.getByRole('button', { name: 'Copy text' }).click();
    await expect.poll(() => status(page)).toMatch(/^The browser does not let this page copy: /);
  });

  it('open with Enter, lead to the messages beside, and give the focus back', async () => {
    const { page } = await startWith([{}, {}, {}]);
    await row(page, 'text 1').focus();
    await page.keyboard.press('Enter');
    await dialog(page).waitFor();
    for (const [press, offset] of [
      ['j', 0],
      ['ArrowLeft', 1],
      ['k', 2],
      ['ArrowRight', 1],
      ['ArrowRight', 0],
    ] as const) {
      await page.keyboard.press(press);
      await expect.poll(() => page.locator('#details-title').textContent()).toBe(`hello-world 0/${offset}`);
      await expect.poll(() => page.locator('#details-text').textContent()).toBe(`text ${offset}`);
    }
    await page.getByRole('button', { name: 'Older', exact: true }).click();
    expect(await status(page)).toBe('This is the oldest message on the page.');
    await page.getByRole('button', { name: 'Newer', exact: true }).click();
    await expect.poll(() => page.locator('#details-title').textContent()).toBe('hello-world 0/1');
    await page.keyboard.press('Escape');

    expect(await dialog(page).isVisible()).toBe(false);
    expect(await focused(page)).toBe('text 1');
  });

  it('are those of the message that was asked for last, whichever answer comes first', async () => {
    const { page } = await startWith([{}, { whole: { text: 'late' } }]);
    const { promise: late, resolve } = Promise.withResolvers<void>();
    await page.route('**/messages/0/1', async (route) => {
      await late;
      await route.continue().catch(() => {});
    });
    await row(page, 'text 1').click();
    await page.keyboard.press('j');
    await expect.poll(() => facts(page)).toHaveProperty('size');
    resolve();
    await page.keyboard.press('Escape');
    await row(page, 'text 0').click();
    await expect.poll(() => facts(page)).toHaveProperty('size');
    expect(await page.locator('#details-text').textContent()).toBe('text 0');
  });

  it('come from a consumer: of a broadcast, of other programs, of what is not text, of what was evicted', async () => {
    const site = await Site.start({ HISTORY_MAX_ROWS: 4 });
    const { page, complaints } = await open(site.url);
    await expect.poll(() => page.locator('#pill-text').textContent()).toBe('Live');
    await site.say('of before');
    const sentAt = Date.now() - 30;
    await site.say('of a broadcast', { sentAt, dueAt: sentAt - 20, nextInMs: 1_500 });
    await site.append(Buffer.from('{"of":"another program"}'));
    await site.append(Buffer.from([0x48, 0x69, 0xff]));
    await site.append(null);
    await page.locator('.row').nth(4).waitFor();

    await page.locator('.row').last().click();
    await expect.poll(() => status(page)).toBe('0/0 of hello-world was evicted. This is what its row has.');
    await page.keyboard.press('k');
    await expect.poll(() => facts(page)).toMatchObject({ key: 'test', environment: 'test', nextInMs: '1.5 s' });
    const names = ['due', 'sent', 'appended to the topic', 'read by the consumer', 'received here', 'shown here'];
    expect((await steps(page)).map(([name]) => name)).toEqual(names);
    expect((await steps(page))[1]).toEqual(['sent', '+20 ms']);
    await page.keyboard.press('k');
    await expect.poll(() => facts(page)).toMatchObject({ size: '24 bytes' });
    expect(await page.locator('#details-text').textContent()).toBe('{\n  "of": "another program"\n}');
    await page.keyboard.press('k');
    await expect.poll(() => page.locator('#details-hex').textContent()).toMatch(/^0000 {2}48 69 ff +Hi\.$/);
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByText('Download the value').click()]);
    expect(await readFile(await file.path())).toEqual(Buffer.from([0x48, 0x69, 0xff]));
    await page.keyboard.press('k');
    await expect.poll(() => facts(page)).toMatchObject({ size: 'no value' });
    expect(await page.locator('#details-remark').textContent()).toBe('the record has no value');
    // The browser's own word of the answer 404.
    expect(complaints).toEqual([expect.stringContaining('404')]);
  });

  it('do not open for who selects text, takes the selection away, or follows a link', async () => {
    const { page } = await startWith([{}, {}]);
    const text = page.getByText('text 0');
    const { x, y, width, height } = (await text.boundingBox())!;
    await page.mouse.move(x + 1, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + Math.min(width, 60), y + height / 2, { steps: 3 });
    await page.mouse.up();
    expect(await page.evaluate(() => getSelection()!.toString())).not.toBe('');
    expect(await dialog(page).isVisible()).toBe(false);
    await row(page, 'text 1').click();
    expect(await page.evaluate(() => getSelection()!.toString())).toBe('');
    expect(await dialog(page).isVisible()).toBe(false);
    await page.getByRole('link', { name: '0/1' }).click({ modifiers: ['ControlOrMeta'] });
    expect(await dialog(page).isVisible()).toBe(false);

    await row(page, 'text 1').click();
    await dialog(page).waitFor();
  });

  it('hold back what comes while they are open', async () => {
    const { site, page } = await startWith([{}, {}]);
    await row(page, 'text 0').click();
    await dialog(page).waitFor();
    site.say(told(2));
    await page.locator('#held').waitFor({ state: 'attached' });
    await expect.poll(() => page.locator('#held').textContent()).toBe('Show 1 new');
    expect(await page.locator('.row').count()).toBe(2);
    await page.keyboard.press('Escape');
    await row(page, 'text 2').waitFor();
    expect(await focused(page)).toBe('text 0');
  });

  describe.each([
    { width: 1280, colorScheme: 'light' as const },
    { width: 320, colorScheme: 'dark' as const },
  ])('at $width px, $colorScheme', (view) => {
    it('have nothing that axe objects to', async () => {
      const sentAt = Date.now() - 50;
      const odd = { hex: '48'.repeat(200), headers: [['h'.repeat(300), 'x'.repeat(300)]] };
      const { page } = await startWith(
        [
          { row: { sentAt }, whole: { sentAt, dueAt: sentAt - 5, timestamp: sentAt + 9, text: '{"a":[1,2]}' } },
          { whole: { ...odd, text: '', unreadable: 'it is not text in UTF-8' } },
        ],
        { ...view, bypassCSP: true },
      );
      for (const offset of [0, 1]) {
        await row(page, `text ${offset}`).click();
        await expect.poll(() => facts(page)).toHaveProperty('size');
        expect(await violations(page)).toEqual([]);
        expect(await isScrolledSideways(page)).toBe(false);
        if (process.env['PICTURES'])
          await page.screenshot({ path: `${process.env['PICTURES']}/details-${offset}-${view.width}.png` });
        await page.keyboard.press('Escape');
      }
    });
  });
});
