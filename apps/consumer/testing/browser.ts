import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest';
import { CHROMIUM_NAMES, findChromium } from './chromium.ts';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** How a test looks at a page. `address` is what follows the URL of the site. */
interface View extends Pick<
  BrowserContextOptions,
  'colorScheme' | 'forcedColors' | 'reducedMotion' | 'bypassCSP' | 'ignoreHTTPSErrors'
> {
  address?: string;
  width?: number;
  height?: number;
  /**
   * Whether the test can move the page's clock, by `page.clock`; as a number, by how many milliseconds it is ahead from
   * the start.
   */
  clock?: boolean | number;
}

/** Opens a page in a context of its own, which ends with the test. `complaints` has what the browser's console said. */
export type Open = (url: string, view?: View) => Promise<{ page: Page; complaints: string[] }>;

/** Describes what people see in a real Chromium. Where there is none, its tests are skipped, and it says why. */
export function describeInBrowser(name: string, define: (open: Open) => void): void {
  const executablePath = findChromium();
  const reason = `no Chromium: set CHROMIUM_PATH, or put one of ${CHROMIUM_NAMES.join(', ')} on PATH`;
  const missing = executablePath === undefined;
  if (missing) console.warn(`Skipped: the tests of "${name}", because there is ${reason}.`);
  describe.skipIf(missing)(`${name}, in a browser${missing ? ` (skipped: ${reason})` : ''}`, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath, args: ARGS });
    });
    afterAll(() => browser.close());
    define((url, view) => open(browser, url, view));
  });
}

async function open(browser: Browser, url: string, view: View = {}): ReturnType<Open> {
  const { address = '/', width = 1280, height = 800, clock = false, ...options } = view;
  const context = await browser.newContext({ viewport: { width, height }, acceptDownloads: true, ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  if (clock !== false) await page.clock.install({ time: Date.now() + Number(clock === true ? 0 : clock) });
  await page.goto(url + address);
  return { page, complaints };
}

/** Signs in on the page to sign in on. */
export async function signIn(page: Page, { account, password }: { account: string; password: string }): Promise<void> {
  await page.getByLabel('Account').fill(account);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** The texts of the rows in view, from the top. */
export function texts(page: Page): Promise<string[]> {
  return page.locator('.row:not([hidden]) .text').allTextContents();
}

/** The offsets of the rows, from the top. */
export async function offsets(page: Page): Promise<number[]> {
  const places = await page.locator('.row .place').allTextContents();
  return places.map((place) => Number(place.split('/')[1]));
}

/** The whole numbers from one down to another, both included. */
export function down(from: number, to: number): number[] {
  return Array.from({ length: from - to + 1 }, (_, index) => from - index);
}

/** What axe finds, each with where. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

export function isScrolledSideways(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
}

/** Whether bars are drawn in a plot. */
export function isDrawn(page: Page, plot: string): Promise<boolean> {
  return page.locator(`${plot} .bars`).evaluate((bars: SVGPathElement) => {
    const { width, height } = bars.getBoundingClientRect();
    return width > 0 && height > 0;
  });
}
