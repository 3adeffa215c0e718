import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Client } from '../../consumer/testing/client.ts';
import { SecuredFiles } from '../../consumer/testing/secured.ts';
import { Child } from '../../service/testing/child.ts';
import { freePort } from '../../service/testing/free-port.ts';
import { dashboardQueries, metricsIn, panels, type Query, unanswered } from '../testing/dashboard.ts';
import { type Row, rows } from '../testing/metrics-page.ts';
import { startPrometheus, whyNoPrometheus } from '../testing/prometheus.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const CHOICE = { environment: 'hello-open|hello-closed', topic: 'hello-world', rateInterval: '5s' };
const queries = dashboardQueries(CHOICE);

/** `npm start` as an environment that broadcasts without a rest. */
async function startEnvironment(env: Record<string, string>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'standalone-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const waits = { WAIT_MIN_SECONDS: '0.05', WAIT_MAX_SECONDS: '0.1' };
  const child = new Child([MAIN], { env: { DATA_DIR: folder, ...waits, ...env } });
  await child.says(/Open https?:/);
}

/** Tells what Argo CD and the door told once in a cluster. Answers with its address. */
async function startOthers(): Promise<string> {
  const text = readFileSync(new URL('../testing/other-metrics.txt', import.meta.url), 'utf8');
  const server = createServer((_, answer) => {
    answer.setHeader('content-type', 'text/plain; version=0.0.4').end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A Prometheus that looks after two environments, one of them with accounts, and in which an alert fires. */
async function startAll(): Promise<string> {
  const [open, closed, others, { env }] = await Promise.all([
    freePort(),
    freePort(),
    startOthers(),
    SecuredFiles.create(),
  ]);
  const consumer = (namespace: string, port: number) => ({
    job: 'consumer',
    address: `127.0.0.1:${port}`,
    labels: { namespace, pod: `consumer-of-${namespace}` },
  });
  const fires = { alert: 'Fires', expr: 'vector(1)', labels: { namespace: 'hello-open' } };
  // It begins to look some seconds after its start, so it is not waited for those that it looks after.
  const [prometheus] = await Promise.all([
    startPrometheus(
      [consumer('hello-open', open), consumer('hello-closed', closed), { job: 'others', address: others }],
      [{ name: 'test', rules: [fires] }],
    ),
    startEnvironment({ PORT: String(open) }),
    startEnvironment({ PORT: '0', ...env, METRICS_PORT: String(closed) }),
  ]);
  const client = new Client(`http://127.0.0.1:${open}`);
  await client.until(({ messages }) => messages.length > 0);
  return prometheus;
}

/** What the page about metrics tells of one, or of what each process has. */
function worryOf(metric: string): string {
  if (/^(nodejs|process)_/.test(metric)) return processes.includes(metric) ? processes : '';
  return rowOf(metric)?.worry ?? '';
}
const processes = /^\| `process_\*`.*$/m.exec(
  readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8'),
)![0];
const rowOf = (metric: string): Row | undefined =>
  rows.find(({ name }) => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`].includes(metric));

/** 1,000 and 10 MB are numbers, too. */
const numbersIn = (text: string): number[] =>
  Array.from(
    text.matchAll(/(\d[\d,]*(?:\.\d+)?)( MB)?/g),
    ([, number, mega]) => Number(number!.replaceAll(',', '')) * (mega ? 1e6 : 1),
  );

const names = (list: Query[]): string[] => list.map(({ panel, text }) => `${panel}: ${text}`);

describe('the dashboard in docs', () => {
  it('asks for what the page about metrics has, or each process, Argo CD or Prometheus itself', () => {
    const others = /^(nodejs_|process_|argocd_|ALERTS$)/;
    const unknown = queries.flatMap(({ text }) => metricsIn(text)).filter((name) => !rowOf(name) && !others.test(name));
    expect(unknown).toEqual([]);
  });

  it('shows every metric of that page', () => {
    const shown = new Set(queries.flatMap(({ text }) => metricsIn(text)).map((name) => rowOf(name)?.name));
    expect(rows.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([]);
  });

  it.each(panels.filter(({ targets }) => worryOf(metricsIn(targets[0]!.expr)[0]!)))(
    'says of "$title" when to worry, by the numbers of that page',
    ({ description, targets, red }) => {
      const known = targets.flatMap(({ expr }) => metricsIn(expr)).flatMap((name) => numbersIn(worryOf(name)));
      const [, worry] = description.split('Worry when');
      expect(worry).toBeDefined();
      const said = numbersIn(worry!);
      expect(known).toEqual(expect.arrayContaining(said));
      expect(said).toEqual(expect.arrayContaining(red === undefined ? [] : [red]));
    },
  );
});

const missing = whyNoPrometheus();
describe.skipIf(missing !== undefined)(`Prometheus${missing ? ` (skipped: ${missing})` : ''}`, () => {
  it('answers each query of the dashboard, and no environment or topic but those that are chosen', async () => {
    const prometheus = await startAll();
    await vi.waitFor(async () => expect(names(await unanswered(prometheus, queries))).toEqual([]), {
      timeout: 20_000,
      interval: 200,
    });

    const ofEnvironments = ({ panel, text }: Query) => panel !== 'Alerts' && !/argocd_|nginx_/.test(text);
    const elsewhere = dashboardQueries({ ...CHOICE, environment: 'hello-nowhere' }).filter(ofEnvironments);
    expect(names(await unanswered(prometheus, elsewhere))).toEqual(names(elsewhere));
    const ofTopics = ({ text }: Query) => metricsIn(text).some((name) => rowOf(name)?.labels.includes('topic'));
    const other = dashboardQueries({ ...CHOICE, topic: 'another' }).filter(ofTopics);
    expect(names(await unanswered(prometheus, other))).toEqual(names(other));

    const good = queries.find(({ panel }) => panel === 'Broadcasts')!;
    const misspelt = [
      ['appended_total', 'apended_total'],
      ['{namespace', '{namspace'],
      ['by (namespace', 'by (namspace'],
    ].map(([right, wrong]) => ({ ...good, text: good.text.replace(right!, wrong!) }));
    expect(await unanswered(prometheus, [good, ...misspelt])).toEqual(misspelt);
  }, 60_000);
});
