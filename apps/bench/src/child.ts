import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Answer, Calls } from './answer.ts';

interface ChildOptions {
  execArgv?: string[];
  env?: Record<string, string>;
  /** Where what it complains of goes; by default into the error of a call that fails because it ended. */
  stderr?: 'pipe' | 'inherit';
}

/** A process of Node that answers calls, see `answer`. It ends with this one at the latest. */
export class Child<C extends Calls> {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #calls = 0;
  #stderr = '';

  /** @param file a path, from this folder if it is relative. */
  constructor(file: string, { execArgv = [], env = {}, stderr = 'pipe' }: ChildOptions = {}) {
    const path = resolve(import.meta.dirname, file);
    // Its log is work that it does, but nobody reads it.
    this.#process = fork(path, [], {
      execArgv,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', stderr, 'ipc'],
      serialization: 'advanced',
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#process.on('message', ({ id, value, error }: Answer) => {
      const waiting = this.#waiting.get(id)!;
      this.#waiting.delete(id);
      if (error === undefined) waiting.resolve(value);
      else waiting.reject(new Error(error));
    });
    this.#process.once('close', () => {
      for (const waiting of this.#waiting.values()) waiting.reject(new Error(`${file} ended: ${this.#stderr}`));
    });
  }

  get pid(): number {
    return this.#process.pid!;
  }

  call<N extends keyof C & string>(name: N, ...[argument]: Parameters<C[N]>): Promise<Awaited<ReturnType<C[N]>>> {
    const id = (this.#calls += 1);
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#process.send({ id, name, argument }, (error) => error && waiting.reject(error));
    return waiting.promise as Promise<Awaited<ReturnType<C[N]>>>;
  }

  /** Tells it to end, as an orchestrator does, and answers with its exit code: null when a signal ended it. */
  async terminate(): Promise<number | null> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const [code] = (await ended) as [number | null];
    return code;
  }

  /** Ends it, at once unless it should write down what it did. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    if (signal === 'SIGKILL') this.#process.kill(signal);
    else this.#process.disconnect();
    await ended;
  }
}
