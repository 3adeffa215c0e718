import { describe, expect, it } from 'vitest';
import { openLog, startConsumer } from '../../testing/consumer.ts';
import { Client } from '../../testing/client.ts';
import { PageFolder } from '../../testing/page-folder.ts';
import { buildPage, SCRIPT_LIMIT, scriptSize } from './page-build.ts';
import { bundlePage } from './page-bundle.ts';

const ABOUT = { environment: 'test', banner: 'Hi' };
const idOf = async (directory?: string, about = ABOUT): Promise<string> =>
  (await bundlePage(about, directory)).build.build;

describe("the id of the page's build", () => {
  it('is the same on every replica, whether the page was bundled before or is bundled at start', async () => {
    const [one, other] = [await PageFolder.create(), await PageFolder.create()];
    expect(await idOf(one.path)).toBe(await idOf(other.path));
    expect(await idOf(one.path)).toBe(await idOf());
  });

  it('says nothing of the environment, whose pages notice a change by themselves', async () => {
    expect(await idOf(undefined, { environment: 'prod', banner: 'Another' })).toBe(await idOf());
  });

  it.each(['index.html', '.js', '.css'])('is another one when %s changes, under whatever name', async (end) => {
    const folder = await PageFolder.create();
    const before = await idOf(folder.path);
    folder.change(end);
    expect(await idOf(folder.path)).not.toBe(before);
  });

  it('is another one when a part has another name', async () => {
    const folder = await PageFolder.create();
    const before = await idOf(folder.path);
    folder.add('more.js', '');
    expect(await idOf(folder.path)).not.toBe(before);
  });

  it('does not change with the page to sign in on, which nobody has open when a release comes', async () => {
    const folder = await PageFolder.create();
    const before = await idOf(folder.path);
    folder.change('sign-in.html');
    expect(await idOf(folder.path)).toBe(before);
  });

  it('is in the page and in the welcome, with the time at which the replica began', async () => {
    const before = Date.now();
    const { url } = await startConsumer(await openLog('hello-world'));
    const after = Date.now();
    const html = await (await fetch(url)).text();
    const [, build, since] = /data-build="([\w-]{12})"\s+data-served-since="(\d+)"/.exec(html)!;
    const client = new Client(url);
    await client.until(({ about }) => about !== undefined);
    expect(client.about).toMatchObject({ build, servedSince: Number(since) });
    expect(build).toBe(await idOf());
    expect(Number(since)).toBeGreaterThanOrEqual(before);
    expect(Number(since)).toBeLessThanOrEqual(after);
  });
});

it('is bundled to the same bytes each time', async () => {
  expect(await buildPage()).toEqual(await buildPage());
});

it('has a script that is no burden on the way to a phone', async () => {
  const size = scriptSize(await buildPage());
  expect(size).toBeGreaterThan(10_000);
  expect(size).toBeLessThan(SCRIPT_LIMIT);
});
