import { appendFile, cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { signIn } from '../../../../apps/consumer/testing/browser.ts';
import { Visitor } from '../../../../apps/consumer/testing/visitor.ts';
import { healthyAt, kubectl, until } from '../testing/cluster.ts';
import { NAMES, since, type Story } from '../testing/story.ts';

const LIVE = '#pill[data-state=live]';

/** Every environment has a name at the door, and so has Argo CD. */
export const door = (story: Story): void => {
  it('leads by names to every environment and to Argo CD', async () => {
    for (const url of Object.values(NAMES)) expect((await fetch(`${url}/healthz`)).status).toBe(200);
    // Nor did it end and wait to be started again because the cluster's DNS was not there yet.
    const restarts = 'jsonpath={.items[*].status.containerStatuses[*].restartCount}';
    expect(await kubectl('-n', 'door', 'get', 'pods', '-o', restarts)).toBe('0');
    const version = await fetch('http://argocd.localhost:8000/api/version');
    expect(await version.json()).toMatchObject({ Version: expect.stringMatching(/^v\d/) as string });
    const status = await story.clone.run('bootstrap.sh', 'status');
    for (const url of [...Object.values(NAMES), 'http://argocd.localhost:8000']) expect(status).toContain(url);
  });

  it('keeps the session of prod at its name', async () => {
    // By the certificate that this process trusts, which has that name.
    const visitor = new Visitor(NAMES.prod);
    expect((await visitor.signIn(story.first.account, story.first.password)).status).toBe(204);

    const { page } = await story.open('http://prod.localhost:8000', { ignoreHTTPSErrors: true });
    expect(page.url()).toBe(`${NAMES.prod}/sign-in`);
    await signIn(page, story.first);
    await page.locator(LIVE).waitFor();
    const context = page.context();
    expect(await context.cookies(NAMES.prod)).toHaveLength(1);
    for (const url of [NAMES.dev, 'https://dev.localhost:8443', 'https://localhost:8003'])
      expect(await context.cookies(url)).toEqual([]);
    const other = await context.newPage();
    const asked = await other.goto(NAMES.dev);
    expect(await asked?.request().headerValue('cookie')).toBeNull();
    await other.locator(LIVE).waitFor();
  });

  it('says that an environment is none, and which there are', async () => {
    const { page } = await story.open('http://nowhere.localhost:8000');
    expect(await page.title()).toBe('404: nothing has that name');
    expect(await page.getByRole('link').allTextContents()).toEqual(['default', 'dev', 'prod']);
    await page.getByRole('link', { name: 'dev' }).click();
    await page.locator(LIVE).waitFor();
    await expect(fetch('https://nowhere.localhost:8443')).rejects.toThrow('fetch failed');
  });

  it('leads to a copy of a folder that has no port, and says that it starts until then', async () => {
    const { clone, figures } = story;
    const folder = join(clone.folder, 'overlays/copied');
    await cp(join(clone.folder, 'overlays/dev'), folder, {
      recursive: true,
      filter: (path) => !path.endsWith('/charts'),
    });
    await rm(join(folder, 'node-port.yaml'));
    const file = join(folder, 'kustomization.yaml');
    const text = (await readFile(file, 'utf8')).replaceAll('hello-dev', 'hello-copied');
    await writeFile(file, text.replace(/^ {2}- path: node-port.yaml\n.*\n/m, '').replace(/^patches:\n$/m, ''));
    // So few may wait that some are lost soon, see stories/observe.ts, where this environment comes to its end.
    await appendFile(join(folder, 'producer.env'), 'OUTBOX_LIMIT=2\n');
    const url = 'http://copied.localhost:8000';
    expect((await fetch(url)).status).toBe(404);
    const began = performance.now();
    await clone.push('Copy dev');
    const starting = await until('503', 60, async () => {
      const answer = await fetch(url);
      return answer.status === 503 && answer;
    });
    expect(starting.headers.get('retry-after')).toBe('2');
    // From here on the page looks again by itself.
    const { page } = await story.open(url);
    await page.locator(LIVE).waitFor({ timeout: 120_000 });
    figures['a folder without a port pushed -> live at its name'] = since(began);
    await healthyAt(await clone.git('rev-parse', 'HEAD'), ['copied']);
  });
};
