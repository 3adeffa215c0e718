import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
const PROFILE = 'hello';

/** Why these tests must not run here, or undefined. They make, change and delete the cluster `hello`, and nothing else. */
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

/** An environment's application, as Argo CD sees it. */
export const application = async (environment: string): Promise<{ revision: string; sync: string; health: string }> => {
  const path = '{.status.sync.revision} {.status.sync.status} {.status.health.status}';
  const text = await kubectl('-n', 'argocd', 'get', 'application', `hello-${environment}`, '-o', `jsonpath=${path}`);
  const [revision = '', sync = '', health = ''] = text.split(' ');
  return { revision, sync, health };
};

/** The newest message of an environment, by its URL on this machine. */
export const newest = async (port: number): Promise<{ offset: number; timestamp: number; nextInMs: number }> => {
  const response = await fetch(`http://localhost:${port}/api/topics/hello-world/messages?limit=1`);
  const { messages } = (await response.json()) as {
    messages: { offset: number; timestamp: number; nextInMs: number }[];
  };
  return messages[0]!;
};

/** A clone of this repository's last commit, which the tests may change. */
export class Clone {
  readonly folder: string;
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

  /** Runs a program of the repository's. @returns what it printed. @throws with that when it fails. */
  run(program: string, ...args: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = spawn(join(this.folder, program), args, { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'pipe'] });
      let text = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (text += data.toString()));
      child.on('error', reject);
      child.on('close', (code) => {
        const printed = stripVTControlCharacters(text);
        if (code === 0) resolve(printed);
        else reject(new Error(`${program} ${args.join(' ')} ended with ${code}:\n${printed}`));
      });
    });
  }

  /** Replaces text in a file. */
  async edit(file: string, from: string | RegExp, to: string): Promise<void> {
    const path = join(this.folder, file);
    const text = await readFile(path, 'utf8');
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`${file} has no ${from}`);
    await writeFile(path, changed);
  }

  /** Commits all changes and pushes them. @returns the commit. */
  async push(message: string): Promise<string> {
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--message', message);
    await this.git('push', '--quiet', 'minikube');
    return this.git('rev-parse', 'HEAD');
  }

  async remove(): Promise<void> {
    await rm(join(this.folder, '..'), { recursive: true });
  }
}
