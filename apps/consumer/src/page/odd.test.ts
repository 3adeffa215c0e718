import { expect, it } from 'vitest';
import { describeInBrowser, isDrawn, isScrolledSideways, offsets, texts, violations } from '../../testing/browser.ts';
import { message } from '../../testing/message.ts';
import { ScriptedSite } from '../../testing/scripted-site.ts';
import type { Message } from '../history/message.ts';

const now = () => Date.now();
const odd = (offset: number, fields: object): Message => ({ ...message(offset, { timestamp: now() }), ...fields });

describeInBrowser('an odd record', (open) => {
  async function start(view = {}) {
    const site = await ScriptedSite.start();
    const opened = await open(site.url, view);
    await expect.poll(() => opened.page.locator('#pill').textContent()).toBe('Live');
    return { site, ...opened };
  }

  it.each([
    ['in nanoseconds', { timestamp: Date.now() * 1e6 }],
    ['that is null, as NaN becomes', { timestamp: null }],
    ['that is missing', { timestamp: undefined }],
    ['of its neighbour', { timestampType: 'unknown' }],
  ])('with a time %s is a row that says so, among the others', async (_, fields) => {
    const { site, page, complaints } = await start();
    site.say(odd(1, { text: 'before' }));
    site.say(odd(2, fields), odd(3, { text: 'after' }));
    await page.getByText('after').waitFor();
    site.say(odd(4, { text: 'later' }));
    await page.getByText('later').waitFor();

    // One that is after all others stands there.
    expect((await offsets(page)).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
    const row = page.locator('.row', { hasText: 'text 2' });
    expect(await row.locator('.absolute').textContent()).toBe('no valid time');
    expect(await row.locator('.relative').textContent()).toBe('no time');
    expect(await row.locator('.after').textContent()).toBe('');
    await expect.poll(() => page.locator('#received').textContent()).toBe('4');
    expect(complaints).toEqual([]);
    await expect.poll(() => isDrawn(page, '#histogram')).toBe(true);
  });

  it('of any shape, or a batch of one, leaves the others and the connection as they are', async () => {
    const { site, page, complaints } = await start();
    // What has no place of its own is beside its neighbour, and this one is well below it.
    site.say(odd(1, { text: 'before', timestamp: now() - 1_000 }));
    for (const batch of ['text', {}, { messages: null }, { messages: 'text' }, { messages: [] }]) {
      site.emit('messages', batch);
    }
    const messages = [null, 5, {}, odd(2, { partition: 'x' }), odd(2, { text: null })];
    site.emit('messages', { topic: 'hello-world', messages, older: null });
    site.say(odd(3, { sentAt: 'now', nextInMs: 'soon', environment: 7, text: 'half right' }));
    site.say(odd(4, { text: 'after' }));
    await page.getByText('after').waitFor();

    expect(await page.locator('.row').count()).toBe(8);
    expect(await page.locator('.row.unreadable').count()).toBe(5);
    expect(await page.locator('#pill').textContent()).toBe('Live');
    site.drop();
    await expect.poll(() => site.handshakes.at(-1)!.positions).toMatchObject({ 0: { next: 5 } });
    expect(complaints).toEqual([]);
  });

  it('in a catch-up of an unknown shape does not keep the page from going live', async () => {
    const { site, page, complaints } = await start();
    for (const catchUp of [{}, { recovered: true }, { messages: 'text', positions: null }, { messages: [null] }]) {
      site.emit('catch-up', { topic: 'hello-world', ...catchUp });
    }
    site.say(odd(1, { text: 'after' }));
    await page.getByText('after').waitFor();
    expect(complaints).toEqual([]);
  });

  it('in the history is a row there, too', async () => {
    const { site, page, complaints } = await start();
    const [first, broken, last] = [odd(0, { text: 'first' }), odd(1, { timestamp: -1 }), odd(2, {})];
    site.history = [first, broken];
    site.say(last);
    await page.getByRole('button', { name: 'Load older' }).click();
    await expect.poll(() => offsets(page)).toEqual([2, 0, 1]);
    expect(complaints).toEqual([]);
  });

  it('with text that hides or turns around is shown as what it is, and moves nothing', async () => {
    const { site, page } = await start({ width: 320, bypassCSP: true });
    const long = ['x'.repeat(1_000_000), '\n'.repeat(5_000), 'ﷺ'.repeat(3_000)];
    const nasty = ['nul \u0000', 'turned \u202etxt.exe', 'half \ud83d', '\u001b[2J', 'Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L'];
    site.say(...[...nasty, ...long].map((text, index) => odd(index, { text })));
    site.say(odd(99, { text: 'after' }));
    await page.getByText('after').waitFor();

    const found = (await texts(page)).toReversed();
    expect(found.slice(0, 4)).toEqual(['nul ⟨U+0000⟩', 'turned ⟨U+202E⟩txt.exe', 'half ⟨U+D83D⟩', '⟨U+001B⟩[2J']);
    expect(Math.max(...found.map(({ length }) => length))).toBe(2_001);
    expect(await isScrolledSideways(page)).toBe(false);
    expect(await violations(page)).toEqual([]);
  });

  it('at the place of another takes it, and the same one again changes nothing', async () => {
    const { site, page } = await start();
    const first = odd(1, { text: 'first' });
    site.say(first, odd(2, {}));
    site.say(first);
    site.say(odd(1, { text: 'second', timestamp: first.timestamp + 5_000 }));
    await page.getByText('second').waitFor();
    expect(await texts(page)).toEqual(['second', 'text 2']);
  });

  it.each([
    { width: 1280, colorScheme: 'light' as const },
    { width: 320, colorScheme: 'dark' as const },
  ])('that the server cut has a link to the whole of it, at $width px, $colorScheme', async (view) => {
    const { site, page } = await start({ ...view, bypassCSP: true });
    const cut = { text: 'x'.repeat(3_000), truncated: true, size: 23_900_000 };
    site.say(odd(1, { ...cut, value: 'api/topics/hello-world/records/0/1' }));
    site.say(odd(2, { ...cut, value: 'javascript:alert(1)' }), odd(3, { ...cut, value: 'https://elsewhere.example/' }));
    site.say(odd(4, { text: 'after' }));
    await page.getByText('after').waitFor();
    const links = page.getByRole('link', { name: 'whole message' });

    expect(await links.allTextContents()).toEqual(['whole message (23.9 MB)']);
    expect(await links.evaluate((link: HTMLAnchorElement) => link.href)).toBe(
      `${site.url}/api/topics/hello-world/records/0/1`,
    );
    expect(await violations(page)).toEqual([]);
    expect(await isScrolledSideways(page)).toBe(false);
    if (process.env['PICTURES']) {
      await page.screenshot({ path: `${process.env['PICTURES']}/cut-${view.width}.png`, fullPage: true });
    }
  });
});
