import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sample } from './growth.ts';

const MEBIBYTE = 1024 * 1024;
/** What of its first words is looked through for its address, in characters. */
const SAID = 10_000;
const ADDRESS = /(?:"url":"|Open )(http:[^"]+)"/;
const START_MS = 30_000;

/** A service under load, in a process of its own. */
export class Subject {
  readonly name: string;
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #folder: string;
  #cpuSeconds = 0;
  #at = 0;

  private constructor(name: string, url: string, child: ChildProcess, folder: string) {
    this.name = name;
    this.url = url;
    this.#child = child;
    this.#folder = folder;
  }

  /** Starts a service, at a port that is free, and waits until it listens. */
  static async start(app: string, env: Record<string, string>): Promise<Subject> {
    const main = fileURLToPath(new URL(`../../../${app}/src/main.ts`, import.meta.url));
    const folder = await mkdtemp(join(tmpdir(), 'hello-soak-'));
    const child = spawn(process.execPath, [main], {
      env: { PORT: '0', DATA_DIR: folder, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    const { promise: url, resolve, reject } = Promise.withResolvers<string>();
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(0, SAID);
      const [, found] = ADDRESS.exec(said) ?? [];
      if (found) resolve(found);
    });
    child.once('exit', () => reject(new Error(`${app} ended: ${said}`)));
    const deadline = setTimeout(() => reject(new Error(`${app} does not say where it listens: ${said}`)), START_MS);
    try {
      return new Subject(app, await url, child, folder);
    } finally {
      clearTimeout(deadline);
    }
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async sample(): Promise<Sample> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const values = parseMetrics(text);
    const of = (name: string): number => values.get(name) ?? NaN;
    const [seconds, now] = [of('process_cpu_seconds_total'), performance.now()];
    const cpu = (100_000 * (seconds - this.#cpuSeconds)) / (now - this.#at);
    [this.#cpuSeconds, this.#at] = [seconds, now];
    return {
      rssMb: of('process_resident_memory_bytes') / MEBIBYTE,
      heapMb: of('nodejs_heap_size_used_bytes') / MEBIBYTE,
      handles: sumOf('nodejs_active_handles', text),
      files: of('process_open_fds'),
      cpu,
    };
  }

  async stop(): Promise<void> {
    if (this.isAlive) {
      this.#child.kill('SIGTERM');
      await once(this.#child, 'exit');
    }
    await rm(this.#folder, { recursive: true });
  }
}

/** The samples of Prometheus' text format that have no labels. */
function parseMetrics(text: string): Map<string, number> {
  return new Map(text.matchAll(/^(\w+) ([\d.eE+-]+)$/gm).map(([, name, value]) => [name!, Number(value)]));
}

/** The sum of a metric over all of its labels. */
function sumOf(name: string, text: string): number {
  let sum = 0;
  for (const [, value] of text.matchAll(new RegExp(`^${name}\\{.*\\} ([\\d.eE+-]+)$`, 'gm'))) sum += Number(value);
  return sum;
}
