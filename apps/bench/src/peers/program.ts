import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { MissingError } from '../missing-error.ts';
import { PATIENCE_MS } from '../ready.ts';
import { type Usage, usageOf } from '../usage.ts';

const TRY_MS = 50;
/** Characters that are kept of what a program complains of. */
const STDERR_LIMIT = 2_000;

/** Runs a command to its end. What goes wrong makes the peer missing. */
export async function make(command: string, args: string[], env: NodeJS.ProcessEnv, timeout: number): Promise<void> {
  try {
    await promisify(execFile)(command, args, { env: { ...process.env, ...env }, timeout });
  } catch (error) {
    const { code, stderr = '' } = error as NodeJS.ErrnoException & { stderr?: string };
    const reason = code === 'ENOENT' ? 'is not there' : `failed: ${stderr.trim().split('\n').at(-1) ?? ''}`;
    throw new MissingError(`${command} ${reason}`, { cause: error });
  }
}

/** A server that is not of Node. Linux tells what it takes. */
export class Program {
  readonly process: ChildProcess;
  #stderr = '';

  private constructor(process: ChildProcess) {
    this.process = process;
    process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_LIMIT);
    });
  }

  /** Starts it, and waits until it answers at its URL. */
  static async start(command: string, args: string[], url: string): Promise<Program> {
    const program = new Program(spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] }));
    // Where this process is ended from outside, that one must not stay.
    const kill = (): boolean => program.process.kill('SIGKILL');
    process.once('exit', kill);
    program.process.once('exit', () => process.off('exit', kill));
    for (const start = performance.now(); !(await answers(url)); await sleep(TRY_MS)) {
      if (performance.now() - start < PATIENCE_MS && program.process.exitCode === null) continue;
      await program.stop();
      throw new Error(`${command} does not answer at ${url}: ${program.#stderr}`);
    }
    return program;
  }

  usage(): Usage {
    return usageOf(this.process.pid!);
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url).catch(() => undefined);
  await response?.body?.cancel();
  return response !== undefined;
}
