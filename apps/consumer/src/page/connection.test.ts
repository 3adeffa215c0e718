import { expect, it } from 'vitest';
import { describeInBrowser, down, offsets, texts } from '../../testing/browser.ts';
import { Site } from '../../testing/site.ts';

const TOPICS = ['hello-world', 'other'];

describeInBrowser('the connection', (open) => {
  it('resumes after a restart of the server without a loss or a double, and says how it stands', async () => {
    const site = await Site.start();
    await site.sayMany(3);
    const { page } = await open(site.url);
    const pill = page.locator('#pill');
    await expect.poll(() => pill.textContent()).toBe('Live');
    await site.stop();
    await expect.poll(() => pill.textContent()).toMatch(/^Disconnected since \d\d:\d\d:\d\d, reconnecting/);
    expect(await offsets(page)).toEqual([2, 1, 0]);

    await site.say('while it was away');
    await site.start();
    await expect.poll(() => pill.textContent()).toBe('Live');
    await site.say('after that');
    await expect.poll(() => offsets(page)).toEqual([4, 3, 2, 1, 0]);
    expect(await page.locator('.gap').count()).toBe(0);
  });

  it('marks a gap when more was missed than it is sent, and loads what is missing when asked', async () => {
    const site = await Site.start();
    await site.sayMany(5);
    const { page } = await open(site.url);
    await page.getByText('Hello 4').waitFor();
    await site.stop();
    await site.sayMany(1_001);
    await site.start();
    await page.locator('.gap').waitFor();

    expect(await offsets(page)).toEqual([...down(1_005, 956), ...down(4, 0)]);
    const aboveGap = page.locator('.row', { has: page.locator('.place', { hasText: '0/956' }) });
    expect(await aboveGap.locator('.after').textContent()).toBe('');
    await page.getByRole('button', { name: 'Load them' }).click();
    await expect.poll(() => offsets(page)).toEqual(down(1_005, 856));
    expect(await page.locator('.gap').count()).toBe(0);
  });

  it('lets nothing move when it resumes while the page is paused', async () => {
    const site = await Site.start();
    await site.sayMany(2);
    const { page } = await open(site.url);
    await page.getByText('Hello 1').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await site.stop();
    await site.sayMany(1_001);
    await site.start();

    const held = page.getByRole('button', { name: 'Show 1,001 new' });
    await held.waitFor();
    expect(await page.locator('#pill').textContent()).toBe('Paused, 1,001 new');
    expect(await offsets(page)).toEqual([1, 0]);
    await held.click();
    await expect.poll(() => offsets(page)).toEqual([...down(1_002, 953), 1, 0]);
    expect(await page.locator('.gap').count()).toBe(1);
  });

  it('marks a gap also when what came after it comes later', async () => {
    const site = await Site.start({ HISTORY_MAX_HOURS: 2 / 3600 });
    const { page } = await open(site.url);
    await site.say('before');
    await page.getByText('before').waitFor();
    await page.context().setOffline(true);
    await site.stop();
    await site.say('missed');
    await site.start();
    const count = async () => (await (await fetch(`${site.url}/api/topics`)).json()).topics[0].messages;
    await expect.poll(count, { timeout: 10_000 }).toBe(0);

    await page.context().setOffline(false);
    await expect.poll(() => page.locator('#pill').textContent(), { timeout: 10_000 }).toBe('Live');
    await site.say('after');
    await page.locator('.gap').waitFor();
    expect(await texts(page)).toEqual(['after', 'before']);
  });

  it('shows one topic at a time, and keeps the choice in the address', async () => {
    const site = await Site.start({ TOPICS });
    await site.say('of the first');
    await site.say('of the other', { topic: 'other' });
    const { page, complaints } = await open(site.url);
    const other = page.getByRole('link', { name: 'other' });
    await expect.poll(() => texts(page)).toEqual(['of the first']);

    await other.focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => texts(page)).toEqual(['of the other']);
    await site.say('not for this page');
    await site.say('one more', { topic: 'other' });
    await expect.poll(() => texts(page)).toEqual(['one more', 'of the other']);
    expect(new URL(page.url()).search).toBe('?topic=other');
    expect(await page.locator('nav a[aria-current=page]').textContent()).toBe('other');
    expect(await other.evaluate((link) => link === document.activeElement)).toBe(true);
    expect(await page.locator('#export-csv').getAttribute('href')).toContain('/topics/other/');

    await page.goBack();
    await expect.poll(() => texts(page)).toEqual(['not for this page', 'of the first']);
    await page.goForward();
    await page.reload();
    await expect.poll(() => texts(page)).toEqual(['one more', 'of the other']);
    expect(complaints).toEqual([]);
  });

  it('says that a topic does not exist, and which do', async () => {
    const site = await Site.start({ TOPICS });
    await site.say('found');
    const { page } = await open(site.url, { address: '/?topic=nope' });
    const alert = page.getByRole('alert');
    await alert.waitFor();

    expect(await page.locator('#pill').textContent()).toMatch(/^Refused/);
    expect(await alert.textContent()).toContain('There is no topic nope here');
    expect(await alert.getByRole('link').allTextContents()).toEqual(TOPICS);
    await alert.getByRole('link', { name: 'hello-world' }).click();
    await expect.poll(() => texts(page)).toEqual(['found']);
    expect(await alert.isVisible()).toBe(false);
  });

  it('starts over when the topic is created anew', async () => {
    const site = await Site.start();
    await site.sayMany(3);
    const { page } = await open(site.url);
    await page.getByText('Hello 2').waitFor();
    site.log.deleteTopic('hello-world');
    await site.createTopic('hello-world');
    await site.say('anew');

    await expect.poll(() => texts(page)).toEqual(['anew']);
  });
});
