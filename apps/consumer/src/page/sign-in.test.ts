import { expect, it } from 'vitest';
import { describeInBrowser, signIn, isScrolledSideways, texts, violations } from '../../testing/browser.ts';
import { append, openLog, startConsumer } from '../../testing/consumer.ts';
import { PASSWORD, SecuredFiles } from '../../testing/secured.ts';

const A = 'topic-a';
const B = 'topic-b';
const pictures = process.env['PICTURES'];

async function start() {
  const files = await SecuredFiles.create({ alice: [A, B], bob: [A] });
  const log = await openLog(A, B);
  for (const topic of [A, B]) await append(log, topic, 1, 3);
  const settings = { TOPICS: `${A},${B}`, ENVIRONMENT: 'prod', BANNER: 'Hello World Prod!', ...files.env };
  return { log, files, ...(await startConsumer(log, settings)) };
}

describeInBrowser('signing in', (open) => {
  const view = { ignoreHTTPSErrors: true };

  it('leads to the topics that are granted, and no further, and out again', async () => {
    const { url } = await start();
    const { page, complaints } = await open(url, view);
    await page.waitForURL(`${url}/sign-in`);
    await signIn(page, { account: 'bob', password: 'a wrong one' });
    await page.getByRole('alert').filter({ hasText: 'The account or the password is wrong' }).waitFor();
    expect(await page.getByLabel('Account').inputValue()).toBe('bob');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');

    await page.waitForURL(`${url}/`);
    await page.locator('.row').nth(2).waitFor();
    expect(await page.locator('#account').innerText()).toContain('bob');
    expect(await page.locator('#topics').isHidden()).toBe(true);
    expect(await page.locator('#rows').innerText()).not.toContain(B);

    await page.goto(`${url}/?topic=${B}`);
    await page.getByText(`There is no topic ${B} here: choose another.`).waitFor();
    await page.getByRole('link', { name: A }).click();
    await page.locator('.row').nth(2).waitFor();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${url}/sign-in?topic=${A}`);
    await page.goto(url);
    await page.waitForURL(`${url}/sign-in`);
    // The browser itself says a 401 to the console.
    expect(complaints.filter((text) => !text.includes('401'))).toEqual([]);
  });

  it('comes back to the topic that was asked for', async () => {
    const { url } = await start();
    const { page } = await open(url, { ...view, address: `/?topic=${B}` });
    await page.getByLabel('Account').fill('alice');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${url}/?topic=${B}`);
    await page.locator(`#topics a[aria-current=page]`, { hasText: B }).waitFor();
    expect(await texts(page)).toEqual(['Hello world', 'Hello world', 'Hello world']);
  });

  it('is asked for when the account is taken away, and what is granted later shows without a reload', async () => {
    const { url, files } = await start();
    const { page } = await open(url, { ...view, address: `/?topic=${A}` });
    await page.getByLabel('Account').fill('bob');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.locator('#pill[data-state=live]').waitFor();
    await files.writeUsers({ alice: [A, B], bob: [A, B] });
    await page.locator('#topics a', { hasText: B }).waitFor();
    await files.writeUsers({ alice: [A, B] });
    await page.waitForURL(`${url}/sign-in?topic=${A}`);
  });

  it.each([
    { width: 1280, colorScheme: 'light' },
    { width: 1280, colorScheme: 'dark' },
    { width: 320, colorScheme: 'light' },
    { width: 320, colorScheme: 'dark' },
  ] as const)('fits at $width px, $colorScheme', async ({ width, colorScheme }) => {
    const { url } = await start();
    const { page } = await open(url, { ...view, width, colorScheme, bypassCSP: true });
    const picture = async (name: string) =>
      pictures && (await page.screenshot({ path: `${pictures}/${name}-${width}-${colorScheme}.png` }));
    await picture('sign-in');
    await page.getByLabel('Account').fill('bob');
    await page.getByLabel('Password').fill('a wrong one');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'wrong' }).waitFor();
    expect(await violations(page)).toEqual([]);
    expect(await isScrolledSideways(page)).toBe(false);
    await picture('sign-in-wrong');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.locator('.row').nth(2).waitFor();
    expect(await violations(page)).toEqual([]);
    expect(await isScrolledSideways(page)).toBe(false);
    await picture('one-of-two');
  });
});
