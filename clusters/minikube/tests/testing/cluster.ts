import { execFile, spawn, type SpawnOptionsWithStdioTuple, type StdioNull, type StdioPipe } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import type { LogRecord } from '@hello/broadcasts';
import type { Message } from '../../../../apps/consumer/src/history/message.ts';
import type { Visitor } from '../../../../apps/consumer/testing/visitor.ts';

const run = promisify(execFile);
export const ENVIRONMENTS = ['default', 'dev', 'prod'];
const root = join(import.meta.dirname, '../../../..');
const PROFILE = 'hello';

/**
 * Why these tests must not run here, or undefined. They make, change and delete the cluster `hello`, and nothing else.
 */
export const whyNot = async (): Promise<string | undefined> => {
  const output = async (command: string, ...args: string[]) =>
    (await run(command, args).catch(() => ({ stdout: '' }))).stdout.trim();
  for (const command of ['docker', 'minikube', 'kubectl'])
    if ((await output('sh', '-c', `command -v ${command}`)) === '')
      return `${command} is missing: ./bootstrap.sh doctor`;
  const context = await output('kubectl', 'config', 'current-context');
  if (context !== '' && context !== PROFILE)
    return `kubectl's current context is ${context}, and these tests touch none but ${PROFILE}. First: kubectl config unset current-context`;
  const profiles = await output('minikube', 'profile', 'list', '--light', '-o', 'json');
  if (profiles.includes(`"Name":"${PROFILE}"`) && process.env['E2E_REPLACE'] !== 'yes')
    return `there is a cluster ${PROFILE}, which these tests would delete. First: ./bootstrap.sh down, or run them with E2E_REPLACE=yes`;
  return undefined;
};

/** Waits until `probe` gives something. @returns it. @throws after `seconds`, with what it was about. */
export async function until<T>(what: string, seconds: number, probe: () => Promise<T | undefined | false>): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const found = await probe().catch(() => undefined);
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    // A cluster tells nobody: it is asked.
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Runs kubectl in the cluster. @returns what it printed. */
export const kubectl = async (...args: string[]): Promise<string> =>
  (await run('kubectl', ['--context', PROFILE, ...args], { maxBuffer: 1 << 24 })).stdout.trim();

/** Runs kubectl in the cluster, with something on its stdin. @returns what it printed. */
export const kubectlWith = async (input: string, ...args: string[]): Promise<string> => {
  const running = run('kubectl', ['--context', PROFILE, ...args]);
  running.child.stdin?.end(input);
  return (await running).stdout.trim();
};

/** A value of a Secret. */
export const secret = async (namespace: string, name: string, key: string): Promise<string> =>
  kubectl('-n', namespace, 'get', 'secret', name, '-o', `go-template={{index .data "${key}" | base64decode}}`);

/** An environment's application, as Argo CD sees it. */
export const application = async (environment: string): Promise<{ revision: string; sync: string; health: string }> => {
  const path = '{.status.sync.revision} {.status.sync.status} {.status.health.status}';
  const text = await kubectl('-n', 'argocd', 'get', 'application', `hello-${environment}`, '-o', `jsonpath=${path}`);
  const [revision = '', sync = '', health = ''] = text.split(' ');
  return { revision, sync, health };
};

/** Waits until environments are at a commit, in sync and healthy. */
export const healthyAt = (commit: string, environments = ENVIRONMENTS): Promise<true> =>
  until(`${environments.join(', ')} at ${commit}, in sync and healthy`, 300, async () => {
    const all = await Promise.all(environments.map(application));
    return all.every(({ revision, sync, health }) => `${revision} ${sync} ${health}` === `${commit} Synced Healthy`);
  });

/** What one of Kafka's own programs prints about the topic in an environment, run in one of its nodes. */
const runInKafka = (environment: string, program: string, ...args: string[]): Promise<string> => {
  const address = 'kafka-controller-0.kafka-controller-headless';
  const line = `
    properties=/opt/bitnami/kafka/config/server.properties
    if grep -q INTERNAL:SSL $properties; then protocol=SSL; else protocol=PLAINTEXT; fi
    KAFKA_HEAP_OPTS=-Xmx64m /opt/bitnami/kafka/bin/${program} --topic hello-world \
      --bootstrap-server ${address}.hello-${environment}.svc.cluster.local:9094 ${args.join(' ')} \
      <(echo security.protocol=$protocol; grep '^ssl\\.[ekt]' $properties)`;
  return kubectl('-n', `hello-${environment}`, 'exec', 'kafka-controller-0', '-c', 'kafka', '--', 'bash', '-c', line);
};

/** What Kafka says of the topic in an environment. */
export const topicSettings = (environment: string): Promise<string> =>
  runInKafka(environment, 'kafka-configs.sh', '--describe', '--command-config');

/**
 * So many records of the topic in an environment, from its first one on, of one partition. @throws when they are not
 * there.
 */
export const topicRecords = async (environment: string, count: number): Promise<LogRecord[]> => {
  const shown = ['timestamp', 'offset'].map((what) => `--property print.${what}=true`);
  const read = ['--partition 0', '--offset earliest', `--max-messages ${count}`, '--timeout-ms 60000'];
  const lines = await runInKafka(environment, 'kafka-console-consumer.sh', ...read, ...shown, '--consumer.config');
  const matches = lines.matchAll(/^LogAppendTime:(\d+)\tOffset:(\d+)\t(.*)$/gm);
  const records = [...matches].map(([, timestamp, offset, value]) => {
    const place = { topic: 'hello-world', partition: 0, offset: Number(offset), timestamp: Number(timestamp) };
    return { ...place, timestampType: 'append' as const, key: null, headers: [], value: Buffer.from(value!) };
  });
  if (records.length !== count) throw new Error(`${count} records were expected, but there came:\n${lines}`);
  return records;
};

/** The newest message of an environment, for somebody who may see it. */
export const newest = async (visitor: Visitor): Promise<Message> => {
  const response = await visitor.get('/api/topics/hello-world/messages?limit=1');
  const { messages } = (await response.json()) as { messages: Message[] };
  return messages[0]!;
};

/** A clone of this repository's last commit, which the tests may change. */
export class Clone {
  readonly folder: string;
  /** All that its programs have printed. */
  printed = '';
  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<Clone> {
    const folder = join(await mkdtemp(join(tmpdir(), 'hello e2e ')), 'clone');
    await run('git', ['clone', '--quiet', root, folder]);
    const clone = new Clone(folder);
    await clone.git('config', 'user.name', 'e2e');
    await clone.git('config', 'user.email', 'e2e@localhost');
    return clone;
  }

  async git(...args: string[]): Promise<string> {
    return (await run('git', args, { cwd: this.folder })).stdout.trim();
  }

  /** Pushes what would be refused, as somebody who means it. */
  async pushOnPurpose(...options: string[]): Promise<void> {
    const env = { ...process.env, ON_PURPOSE: 'yes' };
    await run('git', ['push', '--quiet', ...options, 'minikube'], { cwd: this.folder, env });
  }

  /** Runs a program of the repository's. @returns what it printed. @throws with that when it fails. */
  run(program: string, ...args: string[]): Promise<string> {
    return this.runWith({}, program, ...args);
  }

  /** The same with an environment of its own, or stopped as soon as it has printed something. */
  runWith({ env, stopAt }: { env?: NodeJS.ProcessEnv; stopAt?: string }, program: string, ...args: string[]) {
    return new Promise<string>((resolve, reject) => {
      const options: SpawnOptionsWithStdioTuple<StdioNull, StdioPipe, StdioPipe> = {
        stdio: ['ignore', 'pipe', 'pipe'],
      };
      const child = spawn(join(this.folder, program), args, { ...options, cwd: tmpdir(), env: env ?? process.env });
      let text = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (data: Buffer) => {
          text += data.toString();
          if (stopAt !== undefined && text.includes(stopAt)) child.kill();
        });
      child.on('error', reject);
      child.on('close', (code) => {
        const printed = stripVTControlCharacters(text);
        this.printed += printed;
        if (code === 0) resolve(printed);
        else reject(new Error(`${program} ${args.join(' ')} ended with ${code}:\n${printed}`));
      });
    });
  }

  /** Commits all changes. @returns the commit. */
  async commit(message: string): Promise<string> {
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--message', message);
    return this.git('rev-parse', 'HEAD');
  }

  /** Replaces text in a file. */
  async edit(file: string, from: string | RegExp, to: string): Promise<void> {
    const path = join(this.folder, file);
    const text = await readFile(path, 'utf8');
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`${file} has no ${from}`);
    await writeFile(path, changed);
  }

  /** Runs the README's block of shell that has a command, as it stands there. */
  async runFromReadme(command: string): Promise<void> {
    const readme = await readFile(join(this.folder, 'README.md'), 'utf8');
    const blocks = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, lines]) => lines!);
    const block = blocks.find((lines) => lines.includes(command));
    if (block === undefined) throw new Error(`README.md has no block with ${command}`);
    await run('bash', ['-ec', block], { cwd: this.folder });
  }

  /** Commits all changes and pushes them. @returns the commit. */
  async push(message: string): Promise<string> {
    const commit = await this.commit(message);
    await this.git('push', '--quiet', 'minikube');
    return commit;
  }

  async remove(): Promise<void> {
    await rm(join(this.folder, '..'), { recursive: true });
  }
}
