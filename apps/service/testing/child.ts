import { type ChildProcess, spawn } from 'node:child_process';
import { onTestFailed, onTestFinished } from 'vitest';

/** How a process ended. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

interface ChildOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** A command that becomes the one which its further arguments are, such as `nice -n 5`. */
  through?: string[];
}

/** A process of its own, on the Node that runs the tests, with nothing of their environment. It ends with the test. */
export class Child {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ending>;
  readonly #process: ChildProcess;
  #isOver = false;
  #changed = Promise.withResolvers<void>();

  constructor(args: string[], { env = {}, cwd, through = [] }: ChildOptions = {}) {
    const [command, ...rest] = [...through, process.execPath, ...args];
    this.#process = spawn(command!, rest, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const name of ['stdout', 'stderr'] as const) {
      this.#process[name]!.setEncoding('utf8').on('data', (text: string) => {
        this[name] += text;
        this.#change();
      });
    }
    this.ended = new Promise((resolve) => {
      this.#process.once('close', (code, signal) => {
        resolve({ code, signal });
        this.#isOver = true;
        this.#change();
      });
    });
    onTestFailed(() => console.log(`${args.join(' ')} said:\n${this.stdout}${this.stderr}`));
    onTestFinished(async () => {
      this.#process.kill('SIGKILL');
      await this.ended;
    });
  }

  get pid(): number {
    return this.#process.pid!;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * The first match of a pattern in the standard output, as soon as it is there. Rejects when the process ends before.
   */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout);
      if (match) return match;
      if (this.#isOver) throw new Error(`the process ended without saying ${pattern}: ${this.stdout}${this.stderr}`);
      await this.#changed.promise;
    }
  }

  /** Takes no more of its standard output, as `head` does when it has its lines. */
  hangUp(): void {
    this.#process.stdout!.destroy();
  }

  kill(signal: NodeJS.Signals): Promise<Ending> {
    this.#process.kill(signal);
    return this.ended;
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
