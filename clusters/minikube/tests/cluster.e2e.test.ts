import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInBrowser, signIn } from '../../../apps/consumer/testing/browser.ts';
import { trust as trustCertificate, Visitor } from '../../../apps/consumer/testing/visitor.ts';
import { access } from './stories/access.ts';
import { accidents } from './stories/accidents.ts';
import { argocd } from './stories/argocd.ts';
import { dashboard } from './stories/dashboard.ts';
import { deleted } from './stories/deleted.ts';
import { door } from './stories/door.ts';
import { elsewhere, elsewhereAfterRotation } from './stories/elsewhere.ts';
import { network } from './stories/network.ts';
import { alerts, noAlerts, observe } from './stories/observe.ts';
import { projects } from './stories/projects.ts';
import { replicas } from './stories/replicas.ts';
import { rotation } from './stories/rotation.ts';
import { ship } from './stories/ship.ts';
import { hasCertutil, trust, trusted } from './stories/trust.ts';
import {
  application,
  Clone,
  ENVIRONMENTS,
  healthyAt,
  kubectl,
  newest,
  topicSettings,
  until,
  whyNot,
} from './testing/cluster.ts';
import { findNames } from './testing/names.ts';
import { keepFigures, podCores, showFigures } from './testing/figures.ts';
import { ALL_MESSAGES, atHome, firstAccount, since, type Story, timed as timedIn, URLS } from './testing/story.ts';

const refusal = await whyNot();
if (refusal !== undefined) throw new Error(`The tests of the cluster do not run: ${refusal}`);
findNames();

/** Cuts this machine off the network, where something can. */
const OFFLINE = process.env['E2E_OFFLINE'];

/** Where pictures of the pages are put, if anywhere. */
const pictures = process.env['E2E_PICTURES'];

/** How long it is looked at what everything takes. */
const IDLE_SECONDS = 30;

const banner = (page: Page, text: string) =>
  page.waitForFunction((wanted) => document.title === wanted, text, { timeout: 60_000 });
const pods = (environment: string) =>
  kubectl('-n', `hello-${environment}`, 'get', 'pods', '-o', 'jsonpath={.items[*].metadata.uid}');
const environments = 'clusters/minikube/scripts/commands/environment';
const RETENTION_48 = `retention.ms=${48 * 3_600_000}`;
const secrets = () =>
  kubectl(
    'get',
    'secrets',
    '-A',
    '-o',
    'jsonpath={range .items[*]}{.metadata.uid} {.metadata.resourceVersion}{"\\n"}{end}',
  );

describeInBrowser('the cluster', (open) => {
  let clone: Clone;
  const story = { open, figures: {} } as Story;
  const { figures } = story;
  const timed = <T>(what: string, action: () => Promise<T>) => timedIn(story, what, action);
  beforeAll(async () => {
    clone = await Clone.create();
    const trustClone = () => trustCertificate(join(clone.folder, '.bin/ca.crt'));
    Object.assign(story, { clone, trust: trustClone, home: await mkdtemp(join(tmpdir(), 'hello home ')) });
    await clone.run('bootstrap.sh', 'down');
  });
  afterAll(async () => {
    await clone.run('bootstrap.sh', 'down').catch(() => undefined);
    await clone.remove();
    await rm(story.home, { recursive: true });
    showFigures(figures);
  });

  /** What is shown at the end of the first `up`, and never again. */
  const readOnce = (printed: string) => {
    story.first = firstAccount(printed);
    story.trust();
  };
  /** The first account of prod, at the prod that is there now. */
  const first = async () => {
    const visitor = new Visitor(URLS.prod);
    const answer = await visitor.signIn(story.first.account, story.first.password);
    expect(answer.status).toBe(204);
    return visitor;
  };

  it('comes up from nothing', async () => {
    const printed = await timed('up, from nothing', () => clone.run('bootstrap.sh'));
    for (const url of Object.values(URLS)) expect(printed).toContain(url);
    readOnce(printed);
    expect(printed).toContain('the cluster cannot read origin');
    await healthyAt(await clone.git('rev-parse', 'HEAD'));
  });

  it('changes nothing when it is brought up again', async () => {
    const before = await Promise.all([...ENVIRONMENTS.map(pods), secrets()]);
    const printed = await timed('up, second run', () => clone.run('bootstrap.sh'));
    expect(await Promise.all([...ENVIRONMENTS.map(pods), secrets()])).toEqual(before);
    expect(printed).not.toContain(story.first.password);
    expect(printed).not.toMatch(/password: (?!kubectl|\.bin)/);
  });

  it('takes less than 6 GiB', () => {
    const stat = execFileSync('docker', [
      'exec',
      'hello',
      'sh',
      '-c',
      'cat /sys/fs/cgroup/memory/memory.stat 2>/dev/null || cat /sys/fs/cgroup/memory.stat',
    ]);
    // Resident memory, not the page cache, which gives way: total_rss by cgroup v1, anon by v2.
    const bytes = Number(/^(?:total_rss|anon) (\d+)$/m.exec(stat.toString())?.[1]);
    figures['memory of the whole cluster'] = { measured: bytes / 2 ** 30, unit: 'GiB' };
    expect(bytes).toBeLessThan(6 * 2 ** 30);
  });

  it('has manifests that the API server finds valid', async () => {
    for (const environment of ENVIRONMENTS) {
      const file = join(clone.folder, '..', `${environment}.yaml`);
      execFileSync('sh', ['-c', `"$0" ${environment} >"$1"`, 'clusters/minikube/scripts/commands/render', file]);
      await kubectl('apply', '--server-side', '--force-conflicts', '--dry-run=server', '--validate=strict', '-f', file);
    }
  });

  it('shows each environment live', async () => {
    // A broadcast comes within ten seconds, in each of them.
    const live = Object.entries(URLS).map(async ([name, url]) => {
      const { page, complaints } = await open(url, { ignoreHTTPSErrors: true });
      if (name === 'prod') await signIn(page, story.first);
      await page.waitForFunction(() => document.querySelectorAll('#rows > .row').length > 0);
      const rows = await page.locator('#rows > .row').count();
      await page.waitForFunction((count) => document.querySelectorAll('#rows > .row').length > count, rows, {
        timeout: 15_000,
      });
      expect(complaints).toEqual([]);
      if (pictures !== undefined) {
        await mkdir(pictures, { recursive: true });
        await page.screenshot({ path: join(pictures, `${name}.png`) });
      }
    });
    await Promise.all(live);
  });

  it('takes little while nothing happens', async () => {
    figures['cores that all pods take, idle'] = await podCores(IDLE_SECONDS);
  });

  it("shows dev's new banner, and no other's", async () => {
    const { page } = await open(URLS.dev);
    const others = await Promise.all(['default', 'prod'].map(pods));
    await clone.edit('overlays/dev/consumer.env', /BANNER=.*/, 'BANNER=Hello World e2e!');
    const began = performance.now();
    await clone.runFromReadme('git push minikube');
    const commit = await clone.git('rev-parse', 'HEAD');
    const noticed = until('push noticed', 60, async () => (await application('dev')).revision === commit).then(
      () => (figures['push -> noticed'] = since(began)),
    );
    const seen = banner(page, 'Hello World e2e!').then(() => (figures['push -> seen in the browser'] = since(began)));
    const healthy = healthyAt(commit).then(() => (figures['push -> healthy'] = since(began)));
    await Promise.all([noticed, seen, healthy]);
    expect(await Promise.all(['default', 'prod'].map(pods))).toEqual(others);
    await page.locator('#pill[data-state=live]').waitFor();
  });

  argocd(story);
  access(story);
  door(story);
  observe(story);
  dashboard(story);
  replicas(story);
  network(story);
  trust(story);
  alerts(story);
  elsewhere(story);
  rotation(story);
  elsewhereAfterRotation(story);

  it('follows the replicas, the bounds of the wait, and the retention', async () => {
    await clone.edit('overlays/dev/kustomization.yaml', /$/, 'replicas:\n  - name: consumer\n    count: 2\n');
    await clone.edit(
      'overlays/dev/producer.env',
      /$/,
      'WAIT_MIN_SECONDS=1\nWAIT_MAX_SECONDS=1.5\nTOPIC_RETENTION_HOURS=48\n',
    );
    const commit = await clone.push('Two consumers in dev, a short wait, two days');
    await healthyAt(commit);
    expect(
      await kubectl('-n', 'hello-dev', 'get', 'deployment', 'consumer', '-o', 'jsonpath={.status.readyReplicas}'),
    ).toBe('2');
    await until('the new wait', 30, async () => Number((await newest(new Visitor(URLS.dev))).nextInMs) <= 1500);
    await until('the new retention', 60, async () => (await topicSettings('dev')).includes(RETENTION_48));
  });

  it("follows prod's retention too, though its producer may not change the topic", async () => {
    await clone.edit('overlays/prod/producer.env', /$/, 'TOPIC_RETENTION_HOURS=48\n');
    await healthyAt(await clone.push('Two days in prod'));
    expect(await topicSettings('prod')).toContain(RETENTION_48);
  });

  it('heals what is changed by hand', async () => {
    await kubectl('-n', 'hello-dev', 'scale', 'deployment/consumer', '--replicas=0');
    await kubectl('-n', 'hello-default', 'delete', 'service/consumer');
    await timed('by hand -> healed', () =>
      until('healed', 120, async () => {
        const ready = await kubectl(
          '-n',
          'hello-dev',
          'get',
          'deployment',
          'consumer',
          '-o',
          'jsonpath={.status.readyReplicas}',
        );
        return ready === '2' && (await fetch(`${URLS.default}/healthz`)).ok;
      }),
    );
  });

  it('goes on while a push is broken, says so, and takes the next good one', async () => {
    await clone.edit('overlays/dev/kustomization.yaml', 'patches:', 'patchez:');
    await expect(clone.push('Break dev')).rejects.toThrow(/overlays\/dev does not render.*patchez/s);
    await clone.pushOnPurpose();
    const status = await until('the error in the status', 60, async () => {
      const text = await clone.run('bootstrap.sh', 'status');
      return /hello-dev: .*patchez/s.test(text) && text;
    });
    expect(status).toMatch(/hello-dev: /);
    expect((await fetch(`${URLS.dev}/readyz`)).status).toBe(200);
    await clone.git('revert', '--no-edit', 'HEAD');
    await clone.git('push', '--quiet', 'minikube');
    await timed('good push after a broken one -> healthy', async () => healthyAt(await clone.git('rev-parse', 'HEAD')));
  });

  projects(story);

  ship(story);
  accidents(story);

  it('makes a secured environment of a copy of prod, with Secrets and an account of its own', async () => {
    await clone.run(environments, 'add', 'safe', '--from', 'prod');
    // One node of Kafka and one consumer will do.
    await cp(join(clone.folder, 'overlays/dev/kafka.yaml'), join(clone.folder, 'overlays/safe/kafka.yaml'));
    await clone.edit('overlays/safe/kustomization.yaml', 'count: 2', 'count: 1');
    await clone.edit('overlays/safe/producer.env', 'TOPIC_REPLICATION=3', 'TOPIC_REPLICATION=1');
    await clone.commit('Make safe small');
    const printed = await timed('npm run sync of a new secured environment', () =>
      clone.run('clusters/minikube/scripts/commands/sync'),
    );
    const [, url = '', account = '', password = ''] = /^safe +(\S+) +user: (\S+) +password: (\S+)$/m.exec(printed)!;
    const visitor = new Visitor(url);
    expect((await visitor.signIn(account, password)).status).toBe(204);
    await until('safe live', 60, async () => (await newest(visitor)).offset >= 0);
    // Who is known in prod is not known here, and the other way round.
    expect((await new Visitor(url).signIn(account, story.first.password)).status).toBe(401);
    const atProd = new Visitor(URLS.prod);
    atProd.cookie = visitor.cookie;
    expect((await atProd.get(ALL_MESSAGES)).status).toBe(401);
    expect(await clone.run(environments, 'remove', 'safe', '--yes')).toMatch(/safe.*\d+ messages?/s);
    await healthyAt(await clone.git('rev-parse', 'HEAD'));
  });

  it('goes back with git revert', async () => {
    const { page } = await open(URLS.dev);
    const change = await clone.git('log', '--format=%H', '--grep', "Change dev's banner", '-1');
    await clone.git('revert', '--no-edit', change);
    await clone.git('push', '--quiet', 'minikube');
    await banner(page, 'Hello World Dev!');
    await healthyAt(await clone.git('rev-parse', 'HEAD'));
  });

  deleted(story);
  noAlerts(story);

  it('comes back with its history, and takes a push, without a network where one can be cut off here', async ({
    annotate,
  }) => {
    const before = await newest(await first());
    execFileSync('minikube', ['stop', '-p', 'hello'], { stdio: 'ignore' });
    if (!OFFLINE)
      await annotate('with a network: E2E_OFFLINE and E2E_ONLINE say how to cut it off, and how to have it back');
    if (OFFLINE) execFileSync('sh', ['-c', OFFLINE], { stdio: 'ignore' });
    try {
      const printed = await timed(OFFLINE ? 'up, after minikube stop, offline' : 'up, after minikube stop', () =>
        clone.run('bootstrap.sh'),
      );
      expect(printed).toMatch(/✓ Prometheus /);
      const response = await (await first()).get(`${ALL_MESSAGES}?limit=500`);
      const { messages } = (await response.json()) as { messages: { offset: number; timestamp: number }[] };
      expect(messages).toContainEqual(expect.objectContaining({ offset: before.offset, timestamp: before.timestamp }));
      await clone.run('bootstrap.sh');
      const { page } = await open(URLS.dev);
      await clone.edit('overlays/dev/consumer.env', /BANNER=.*/, 'BANNER=As on a train');
      await clone.push("Change dev's banner, as on a train");
      await banner(page, 'As on a train');
    } finally {
      if (OFFLINE) execFileSync('sh', ['-c', process.env['E2E_ONLINE'] ?? ''], { stdio: 'ignore' });
    }
  });

  it('goes away with all that was made', async () => {
    const env = atHome(story.home);
    await timed('down', () => clone.runWith({ env }, 'bootstrap.sh', 'down'));
    expect(hasCertutil() ? trusted(story.home) : '').not.toContain('hello-world in minikube');
    expect(execFileSync('docker', ['ps', '--all', '--format', '{{.Names}}']).toString().split('\n')).not.toContain(
      'hello',
    );
    expect(await clone.git('remote')).toBe('origin');
    expect(await clone.git('status', '--short', '--ignored')).toBe('');
    // The end of the story: everything has been measured, and held.
    keepFigures(figures, performance.now() / 1000);
  });
});
