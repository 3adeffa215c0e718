import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { describeInBrowser, texts } from '../../testing/browser.ts';
import { Site } from '../../testing/site.ts';

describeInBrowser('the page', (open) => {
  it('shows messages as they come, the newest on top, without a reload', async () => {
    const site = await Site.start();
    const { page, complaints } = await open(site.url);
    await page.getByText('Waiting for the first message…').waitFor();
    let loads = 0;
    page.on('load', () => (loads += 1));
    for (const text of ['one', 'two', 'three']) await site.say(text);
    await page.getByText('three').waitFor();

    expect(await texts(page)).toEqual(['three', 'two', 'one']);
    expect(loads).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('shows the environment and the banner', async () => {
    const site = await Site.start({ ENVIRONMENT: 'dev', BANNER: 'Hello <World> & Dev!' });
    const { page } = await open(site.url);

    await expect.poll(() => page.locator('#pill').textContent()).toBe('Live');
    expect(await page.locator('#environment').textContent()).toBe('dev');
    expect(await page.locator('h1').textContent()).toBe('Hello <World> & Dev!');
    expect(await page.title()).toBe('Hello <World> & Dev!');
  });

  it('counts down to the next broadcast, and says when it is overdue', async () => {
    const site = await Site.start();
    const { page } = await open(site.url, { clock: true });
    const next = page.locator('#next');
    expect(await next.textContent()).toBe('–');
    await site.say('Hello world', { nextInMs: 5_000 });

    await expect.poll(() => next.textContent()).toMatch(/^[34]\.\d s$/);
    await page.clock.runFor(5_000);
    expect(await next.textContent()).toBe('now');
    await page.clock.runFor(2_000);
    expect(await next.textContent()).toBe('overdue');
  });

  it('shows the time between messages, how long they took, and when they came', async () => {
    const site = await Site.start();
    const { page } = await open(site.url, { clock: true });
    await expect.poll(() => page.locator('#pill').textContent()).toBe('Live');
    await site.say('one');
    await page.getByText('one').waitFor();
    await site.say('two', { sentAt: Date.now() - 1_500 });
    const row = page.locator('.row', { hasText: 'two' });
    await row.waitFor();

    expect(await row.locator('.after').textContent()).toMatch(/^\+\d+ ms$/);
    expect(await row.locator('.delay').textContent()).toMatch(/^1\.\d s$/);
    expect(await row.locator('.place').textContent()).toBe('0/1');
    expect(await page.locator('#latency').textContent()).toMatch(/^1\.\d s$/);
    expect(await page.locator('#gap').textContent()).toMatch(/^\d+ ms$/);
    expect(await page.locator('#received').textContent()).toBe('2');
    await page.clock.runFor(30_000);
    expect(await row.locator('.relative').textContent()).toMatch(/^(2[5-9]|3\d)s ago$/);
  });

  it('shows markup as text, asks nobody but its own server, and keeps to its content security policy', async () => {
    const site = await Site.start({ BANNER: '<script>alert(1)</script>' });
    const { page, complaints } = await open(site.url);
    const asked = new Set<string>();
    page.on('request', (request) => asked.add(new URL(request.url()).origin));
    page.on('dialog', (dialog) => complaints.push(dialog.message()));
    const markup = ['<script>alert(1)</script>', '<img src=x onerror=alert(1)>', `<a href="javascript:alert(1)">x</a>`];
    for (const text of markup) await site.say(text, { environment: '<b>dev</b>' });

    await expect.poll(() => texts(page)).toEqual(markup.toReversed());
    await page.reload();
    await expect.poll(() => texts(page)).toEqual(markup.toReversed());
    expect(await page.locator('#rows .message :is(script, img, a, b)').count()).toBe(0);
    expect([...asked]).toEqual([site.url]);
    expect(complaints).toEqual([]);
  });

  it('shows a record that is no broadcast where it stands, as its text or with why it has none', async () => {
    const site = await Site.start();
    await site.append(null);
    await site.append(Buffer.from('{'));
    await site.say('fine');
    const { page } = await open(site.url);
    await page.getByText('fine').waitFor();

    expect(await texts(page)).toEqual(['fine', '{', 'the record has no value']);
    expect(await page.locator('.unreadable').count()).toBe(1);
  });

  it('cuts a text that is very long', async () => {
    const site = await Site.start();
    await site.say('x'.repeat(100_000));
    const { page } = await open(site.url);

    await expect.poll(async () => (await texts(page)).map((text) => text.length)).toEqual([2_001]);
  });

  it.each(['CSV', 'NDJSON'])('exports the whole topic as %s', async (name) => {
    const site = await Site.start();
    await site.sayMany(120);
    const { page } = await open(site.url);
    await page.getByText('Hello 119').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name, exact: true }).click(),
    ]);

    expect(download.suggestedFilename()).toBe(`hello-world.${name.toLowerCase()}`);
    const file = await readFile(await download.path(), 'utf8');
    const found = new Set(file.match(/Hello \d+/g));
    expect(found.size).toBe(120);
  });
});
