import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

const MIB = 1024 ** 2;
const LOOK_MS = 50;
/** How long a kernel may take to see that the last process is gone. */
const REMOVE_MS = 5_000;

/** The names of what is needed of a memory cgroup. */
interface Version {
  /** Where new ones can be made. */
  root: string;
  limit: string;
  peak: string;
  /** The file with a line `oom_kill N`. */
  kills: string;
  /** The line of memory.stat with what no file stands behind. */
  anonymous: string;
}

const VERSIONS: Version[] = [
  {
    root: '/sys/fs/cgroup/memory',
    limit: 'memory.limit_in_bytes',
    peak: 'memory.max_usage_in_bytes',
    kills: 'memory.oom_control',
    anonymous: 'rss',
  },
  { root: '/sys/fs/cgroup', limit: 'memory.max', peak: 'memory.peak', kills: 'memory.events', anonymous: 'anon' },
];

/** The most that a process ever took, in MiB. */
export interface Peak {
  /** As the kernel counts it against the limit, with what it keeps of files, which it gives back when it is short. */
  counted: number;
  /** Without that: what cannot be given back. Looked at 20 times a second. */
  anonymous: number;
}

/**
 * A memory cgroup with the limit of a container, for one process after the other. It goes with the test, after what
 * runs in it.
 */
export class MemoryLimit {
  /** What a command is started through, so that it is inside from its first byte on. */
  readonly through: string[];
  readonly #folder: string;
  readonly #version: Version;
  readonly #looking: NodeJS.Timeout;
  #anonymousBytes = 0;

  private constructor(version: Version, folder: string, mebibytes: number) {
    this.#version = version;
    this.#folder = folder;
    writeFileSync(join(folder, version.limit), String(mebibytes * MIB));
    this.through = ['sh', '-c', 'echo $$ >"$0" && exec "$@"', join(folder, 'cgroup.procs')];
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
    // Registered before the process, and so called after it ended.
    onTestFinished(() => this.#remove());
  }

  /** Makes one, where this user may: none on a machine without Linux's cgroups, and for who is not root. */
  static make(mebibytes: number): MemoryLimit | undefined {
    const version = VERSIONS.find(({ root }) => existsSync(join(root, 'cgroup.procs')));
    if (!version) return undefined;
    const folder = join(version.root, `hello-faults-${process.pid}-${Date.now()}`);
    try {
      mkdirSync(folder);
      return new MemoryLimit(version, folder, mebibytes);
    } catch {
      if (existsSync(folder)) rmdirSync(folder);
      return undefined;
    }
  }

  get peak(): Peak {
    this.#look();
    return { counted: Number(this.#read(this.#version.peak)) / MIB, anonymous: this.#anonymousBytes / MIB };
  }

  /** How many processes the kernel has killed for want of memory. */
  get kills(): number {
    return this.#figure(this.#version.kills, 'oom_kill');
  }

  #look(): void {
    const bytes = this.#figure('memory.stat', this.#version.anonymous);
    this.#anonymousBytes = Math.max(this.#anonymousBytes, bytes);
  }

  #figure(file: string, name: string): number {
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(this.#read(file))![1]);
  }

  #read(file: string): string {
    return readFileSync(join(this.#folder, file), 'utf8');
  }

  async #remove(): Promise<void> {
    clearInterval(this.#looking);
    for (const start = performance.now(); ; await sleep(LOOK_MS)) {
      try {
        return rmdirSync(this.#folder);
      } catch (error) {
        if (performance.now() - start > REMOVE_MS) throw error;
      }
    }
  }
}
