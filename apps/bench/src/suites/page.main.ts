import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import { answer } from '../answer.ts';
import { findChromium } from '../../../consumer/testing/chromium.ts';
import { nodePeer } from '../peers/node-peer.ts';
import { say } from '../say.ts';
import { percentile } from '../statistics.ts';
import { LONG_FRAME_MS, PAGE_COLUMNS, pageGoals, type PageMeasurement, pageRow } from './page-report.ts';
import type { SuiteOptions, SuiteResult } from './suite.ts';

const RATES = [1, 100, 1_000];
const SECONDS = { full: 20, quick: 10 };
/** Time in which the page is warm, and its rows and plots are full. */
const WARM = { seconds: 5, rate: 200 };
/** How long a page may take to show what has come. */
const DRAIN_MS = 2_000;
const HEAP_LOOKS = 5;
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--enable-precise-memory-info'];

/** The page in a real browser: whether it stays smooth and small. */
async function run({ quick }: SuiteOptions): Promise<SuiteResult> {
  const executablePath = findChromium();
  if (!executablePath)
    return { columns: PAGE_COLUMNS, rows: [], goals: [], missing: ['Chromium: set CHROMIUM_PATH'], raw: [] };
  const browser = await chromium.launch({ executablePath, args: ARGS });
  try {
    const raw: PageMeasurement[] = [];
    for (const rate of RATES) {
      say(`page: ${rate} messages/s`);
      raw.push(await measurePage(browser, rate, quick ? SECONDS.quick : SECONDS.full));
    }
    return { columns: PAGE_COLUMNS, rows: raw.map(pageRow), goals: raw.flatMap(pageGoals), missing: [], raw };
  } finally {
    await browser.close();
  }
}

async function measurePage(browser: Browser, rate: number, seconds: number): Promise<PageMeasurement> {
  const server = await nodePeer('ours', 'ours').start();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const tab = await context.newPage();
    await tab.goto(`http://127.0.0.1:${server.port}/`);
    await tab.locator('#pill[data-state=live]').waitFor();
    const warmRate = Math.max(WARM.rate, rate);
    const warm = WARM.seconds * warmRate;
    await server.publish({ first: 1, count: warm, rate: warmRate });
    // What looks into the page has to be in it before it is looked at how much is.
    await startFrames(tab);
    const heapBeforeBytes = await heap(tab);
    const before = await server.usage();
    const firstFrame = await countFrames(tab);
    const sent = Math.round(rate * seconds);
    await server.publish({ first: warm + 1, count: sent, rate });
    const endFrame = await countFrames(tab);
    const { cpuMs } = await server.usage();
    await sleep(DRAIN_MS);
    // Before the frames are fetched: what that takes stays in the page.
    const heapAfterBytes = await heap(tab);
    const frames = (await takeFrames(tab)).slice(firstFrame, endFrame);
    const place = await tab.locator('.row .place').first().textContent();
    return {
      rate,
      seconds,
      frames: frames.length,
      p50FrameMs: percentile(frames, 0.5),
      p99FrameMs: percentile(frames, 0.99),
      maxFrameMs: Math.max(...frames),
      longFrames: frames.filter((ms) => ms > LONG_FRAME_MS).length,
      heapBeforeBytes,
      heapAfterBytes,
      nodes: await tab.evaluate(() => document.querySelectorAll('*').length),
      rows: await tab.locator('.row').count(),
      // Offsets count from 0.
      shown: Number(place!.split('/')[1]) + 1 - warm,
      sent,
      serverCpuMs: cpuMs - before.cpuMs,
    };
  } finally {
    await context.close();
    await server.stop();
  }
}

interface Frames {
  frames: number[];
}

/** Lets the page note the time between its frames. */
async function startFrames(tab: Page): Promise<void> {
  await tab.evaluate(() => {
    const frames: number[] = [];
    (globalThis as unknown as Frames).frames = frames;
    let last: number | undefined;
    const note = (now: number): void => {
      if (last !== undefined) frames.push(now - last);
      last = now;
      requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
  });
}

const countFrames = (tab: Page): Promise<number> => tab.evaluate(() => (globalThis as unknown as Frames).frames.length);
const takeFrames = (tab: Page): Promise<number[]> => tab.evaluate(() => (globalThis as unknown as Frames).frames);

/**
 * What the page holds when its garbage is gone: the least of some looks, since a collection leaves what is in use at
 * the moment.
 */
async function heap(tab: Page): Promise<number> {
  const session = await tab.context().newCDPSession(tab);
  let least = Infinity;
  for (let look = 0; look < HEAP_LOOKS; look += 1) {
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    least = Math.min(least, usedSize);
  }
  await session.detach();
  return least;
}

answer({ run });
