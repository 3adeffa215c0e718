import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openLog, startConsumer } from '../../consumer/testing/consumer.ts';
import { Client } from '../../consumer/testing/client.ts';
import { SecuredFiles } from '../../consumer/testing/secured.ts';
import { trust } from '../../consumer/testing/visitor.ts';
import { Child } from '../../service/testing/child.ts';
import { metricsAt, metricsOf, rows, withoutLabels } from '../testing/metrics-page.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const UNITS = { seconds: 'seconds', bytes: 'bytes', info: 'none, 1' };

/** `npm start`, after some broadcasts went to a browser. Answers with its URL. */
async function npmStart(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'standalone-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const env = { DATA_DIR: folder, PORT: '0', WAIT_MIN_SECONDS: '0.01', WAIT_MAX_SECONDS: '0.05' };
  const child = new Child([MAIN], { env });
  const [, url] = await child.says(/Open (http:\/\/localhost:\d+)/);
  const client = new Client(url!);
  await client.until(({ messages }) => messages.length > 3);
  return url!;
}

describe('the table of metrics in docs', () => {
  it('is what npm start answers, with its types and helps', async () => {
    const answered = await metricsAt(await npmStart());
    expect(withoutLabels(answered)).toEqual(withoutLabels(metricsOf('producer', 'consumer')));
    const labels = new Map(answered.map((metric) => [metric.name, metric.labels]));
    for (const { name, labels: known } of metricsOf('producer', 'consumer'))
      // What nothing was counted of has no labels yet.
      expect([name, known]).toEqual([name, labels.get(name)!.length > 0 ? labels.get(name) : known]);
  });

  it('is what a consumer with accounts answers beside that', async () => {
    const { env } = await SecuredFiles.create();
    const { url } = await startConsumer(await openLog('hello-world'), {
      ACCOUNTS_FILE: env.ACCOUNTS_FILE,
      SESSION_KEYS_FILE: env.SESSION_KEYS_FILE,
    });
    expect(withoutLabels(await metricsAt(url))).toEqual(withoutLabels(metricsOf('consumer', 'accounts')));
  });

  it('is what a consumer with a certificate answers beside that', async () => {
    const { env } = await SecuredFiles.create();
    trust(env.TLS_CERT);
    const { url } = await startConsumer(await openLog('hello-world'), { TLS_CERT: env.TLS_CERT, TLS_KEY: env.TLS_KEY });
    expect(withoutLabels(await metricsAt(url))).toEqual(withoutLabels(metricsOf('consumer', 'tls')));
  });

  it('has units as the names say, and numbers to worry at', () => {
    for (const { name, unit, worry } of rows) {
      const [ending] = /(seconds|bytes|info)(?=(_total)?$)/.exec(name) ?? [];
      expect(`${name} in ${unit}`).toBe(`${name} in ${UNITS[ending as keyof typeof UNITS] ?? unit}`);
      expect(`${name}: ${worry}`).toMatch(/\d|grew/);
    }
  });

  it('calls counters totals, and nothing else', () => {
    const totals = rows.filter(({ name }) => name.endsWith('_total'));
    expect(totals).toEqual(rows.filter(({ type }) => type === 'counter'));
  });
});
