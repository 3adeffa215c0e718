import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { findProgram } from '../../service/testing/find-program.ts';
import { freePort } from '../../service/testing/free-port.ts';
import { untilSaid } from '../../service/testing/until-said.ts';

/** Why no Prometheus can be started here, or undefined where one can. */
export const whyNoPrometheus = (): string | undefined =>
  findProgram('prometheus') === undefined ? 'no prometheus on PATH: install the package prometheus' : undefined;

/** One of the series of an answer, as it was last. */
export interface Series {
  metric: Record<string, string>;
  value: [time: number, value: string];
}

/** Where a service tells its metrics, and the labels that Prometheus adds. */
export interface Target {
  job: string;
  /** `host:port` */
  address: string;
  labels?: Record<string, string>;
}

/**
 * Starts a real Prometheus that looks each second. It ends with the test.
 *
 * @param rules the groups of a file of rules.
 * @returns its URL, once it serves.
 * @throws with what it said, if it ends.
 */
export async function startPrometheus(targets: Target[], rules: object[] = []): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  const port = await freePort();
  const configuration = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yml'],
    scrape_configs: targets.map(({ address, labels, job }, index) => ({
      // Each needs a name of its own, and two may do the same job.
      job_name: String(index),
      static_configs: [{ targets: [address], labels: { job, ...labels } }],
    })),
  };
  writeFileSync(join(folder, 'prometheus.yml'), stringify(configuration));
  writeFileSync(join(folder, 'rules.yml'), stringify({ groups: rules }));
  const args = [
    '--config.file=prometheus.yml',
    '--storage.tsdb.path=data',
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=info',
  ];
  const prometheus = spawn(findProgram('prometheus')!, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(prometheus, 'close');
  onTestFinished(async () => {
    prometheus.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  });
  await untilSaid(prometheus, 'Server is ready to receive web requests');
  return `http://127.0.0.1:${port}`;
}

/**
 * What a Prometheus answers to a query now.
 *
 * @throws where it does not understand it.
 */
export async function ask(url: string, query: string): Promise<Series[]> {
  const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
  const { data, error } = (await response.json()) as { data?: { result: Series[] }; error?: string };
  if (data === undefined) throw new Error(`${query}: ${error}`);
  return data.result;
}
