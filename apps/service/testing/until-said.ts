import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';

/** Waits until a program says that on its standard error. @throws with what it said, if it ends before. */
export async function untilSaid(child: ChildProcess, sentence: string): Promise<void> {
  let said = '';
  const ready = new Promise<true>((resolve) => {
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      if (said.includes(sentence)) resolve(true);
    });
  });
  const ended = once(child, 'close').then(() => false);
  if (!(await Promise.race([ready, ended]))) throw new Error(`${child.spawnfile} ended: ${said}`);
}
