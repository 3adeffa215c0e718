import { decodeBroadcast } from '@hello/broadcasts';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import { describeInBrowser, down, offsets, signIn } from '../../../apps/consumer/testing/browser.ts';
import { trust, Visitor } from '../../../apps/consumer/testing/visitor.ts';
import type { Message } from '../../../apps/consumer/src/history/message.ts';
import { Crowd } from '../../../apps/faults/testing/crowd.ts';
import { type Faults, Ledger, total } from '../../../apps/faults/testing/ledger.ts';
import { finish } from '../../../apps/faults/testing/report.ts';
import type { Watcher } from '../../../apps/faults/testing/watcher.ts';
import { Clone, healthyAt, kubectl, topicRecords, until, whyNot } from './testing/cluster.ts';
import { firstAccount, type Story, URLS } from './testing/story.ts';

const refusal = await whyNot();
if (refusal !== undefined) throw new Error(`The tests of the cluster do not run: ${refusal}`);

const SOCKETS = 200;
/** Messages that each socket shows before anything breaks. */
const WARM = 5;
/** How many pods there are of each part, all of which go at once. */
const PODS = {
  dev: { kafka: 1, consumer: 1, producer: 1 },
  prod: { kafka: 3, consumer: 2, producer: 1 },
};
type Place = keyof typeof PODS;
const PLACES = Object.keys(PODS) as Place[];

/** Deletes all pods of a part, and leaves them a second to end in, as good as none. Resolves when they are gone. */
const deletePods = async (namespace: string, part: string, count: number) => {
  const printed = await kubectl(
    ...['-n', namespace, 'delete', 'pods', '-l', `app.kubernetes.io/name=${part}`, '--grace-period=1'],
  );
  expect(printed.match(/^pod ".*" deleted/gm)).toHaveLength(count);
};

/** What a client showed up to a message. */
const upTo = (last: Message, { stretches }: Watcher): Pick<Watcher, 'stretches'> => ({
  stretches: stretches.map((stretch) => ({
    ...stretch,
    shown: stretch.shown.filter(({ offset }) => offset <= last.offset),
  })),
});

/** What became of everything up to a message, by what Kafka has. */
async function judge(place: Place, crowd: Crowd, last: Message): Promise<{ records: number; faults: Faults }> {
  // Two of three nodes do for messages to come; the one that is asked may still be starting.
  const records = await until('all records', 120, () => topicRecords(place, last.offset + 1));
  const ledger = new Ledger(records);
  const sequences = records.map(({ value }) => decodeBroadcast(value).sequence);
  const runs = sequences.filter((sequence) => sequence === 1).map(() => 0);
  const clients = crowd.watchers.map((watcher) => ledger.judge(upTo(last, watcher)));
  return { records: ledger.size, faults: total([ledger.judgeRuns({ [place]: runs }), ...clients]) };
}

describeInBrowser('a cluster whose pods are deleted', (open) => {
  let clone: Clone;
  let first: Story['first'];
  const cookies = { dev: '', prod: '' };

  beforeAll(async () => {
    clone = await Clone.create();
    await clone.run('bootstrap.sh', 'down');
    first = firstAccount(await clone.run('bootstrap.sh'));
    trust(`${clone.folder}/.bin/ca.crt`);
    for (const place of PLACES) {
      const often = 'WAIT_MIN_SECONDS=0.2\nWAIT_MAX_SECONDS=0.5\n';
      await clone.edit(`overlays/${place}/producer.env`, /$/, often);
    }
    const connections = `CONNECTIONS_PER_ACCOUNT=${SOCKETS + 1}`;
    await clone.edit('overlays/prod/consumer.env', /CONNECTIONS_PER_ACCOUNT=.*/, connections);
    await healthyAt(await clone.push('Broadcast often, to many of one account'));
    cookies.prod = (await Visitor.signedIn(URLS.prod, first.account, first.password)).cookie;
  });
  afterAll(async () => {
    await clone.run('bootstrap.sh', 'down').catch(() => undefined);
    await clone.remove();
  });

  const watch = async (place: Place): Promise<{ crowd: Crowd; page: Page }> => {
    const headers = { cookie: cookies[place] };
    const crowd = new Crowd({ size: SOCKETS, url: () => URLS[place], topic: 'hello-world', headers });
    const { page } = await open(URLS[place], { ignoreHTTPSErrors: true });
    if (place === 'prod') await signIn(page, first);
    await page.locator('#pill[data-state=live]').waitFor({ timeout: 60_000 });
    await crowd.until('see the first messages', ({ shown }) => shown.length >= WARM);
    return { crowd, page };
  };

  /** Breaks something, waits until everybody shows what was said after that, and judges what they got. */
  const survive = async (context: TestContext, place: Place, did: string, fault: () => Promise<unknown>) => {
    const { crowd, page } = await watch(place);
    await fault();
    const since = Date.now();
    await crowd.seesWhatWasSaidAfter(since, [place]);
    const recoveredMs = Date.now() - since;
    const last = crowd.watchers[0]!.last!;
    await crowd.sees(last);
    await page
      .locator('.place', { hasText: new RegExp(`0/${last.offset}$`) })
      .waitFor({ state: 'attached', timeout: 60_000 });
    const rows = await offsets(page);
    expect(rows).toEqual(down(rows[0]!, rows.at(-1)!));
    const { records, faults } = await judge(place, crowd, last);
    // Nobody was away for long: whatever a gap would excuse is lost.
    expect(crowd.watchers.filter(({ gaps, restarts }) => gaps + restarts > 0)).toEqual([]);
    finish(context, { did, recoveredMs, clients: SOCKETS, records, gaps: 0, ...faults });
    return { crowd, page };
  };

  for (const place of PLACES) {
    for (const [part, count] of Object.entries(PODS[place])) {
      it(`loses nothing in ${place} when every pod of its ${part} is deleted`, async (context) => {
        const fault = () => deletePods(`hello-${place}`, part, count);
        const { crowd } = await survive(context, place, `Deleted every pod of ${part} in ${place}`, fault);
        const connections = crowd.watchers.map((watcher) => watcher.connections);
        expect(Math.min(...connections)).toBeGreaterThan(part === 'consumer' ? 1 : 0);
      });
    }
  }

  it("follows a push after Argo CD's controller was deleted, and loses nothing", async (context) => {
    const { page } = await survive(context, 'dev', "Deleted Argo CD's controller, and pushed a banner", async () => {
      await clone.edit('overlays/dev/consumer.env', /BANNER=.*/, 'BANNER=Still here');
      await deletePods('argocd', 'argocd-application-controller', 1);
      await healthyAt(await clone.push("Change dev's banner"));
    });
    await page.waitForFunction(() => document.title === 'Still here');
  });
});
