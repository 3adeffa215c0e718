import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createTestContext, ERROR } from '../testing/context.ts';
import { StartError } from './start-error.ts';
import { WatchedFiles } from './watched-files.ts';

vi.mock('node:fs/promises', { spy: true });

const LOOK_MS = 500;

let folder: string;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  folder = mkdtempSync(join(tmpdir(), 'watched-'));
});
afterEach(() => {
  vi.useRealTimers();
  vi.mocked(readFile).mockClear();
  rmSync(folder, { recursive: true });
});

const path = (name: string) => join(folder, name);
const write = (name: string, content: string) => writeFileSync(path(name), content);

/** Takes contents that are the same number, and nothing else. */
function parse(contents: string[]): number {
  const [first, ...others] = contents.map(Number);
  if (first === undefined || Number.isNaN(first)) throw new Error('expected a number');
  if (others.some((other) => other !== first)) throw new Error('expected the same number');
  return first;
}

function watch(...names: string[]) {
  const { logger, lines } = createTestContext();
  const changes: number[] = [];
  const onChange = (value: number) => void changes.push(value);
  const files = new WatchedFiles({ setting: 'NUMBER_FILE', paths: names.map(path), parse, logger, onChange });
  onTestFinished(() => files.close());
  const reasons = () => lines.filter(({ level }) => level === ERROR).map(({ reason }) => reason);
  return { files, changes, lines, reasons };
}

/** Lets the files be looked at, so often, to the end. */
async function look(times = 1): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    vi.advanceTimersByTime(LOOK_MS);
    await Promise.allSettled(vi.mocked(readFile).mock.results.map(({ value }) => value));
    await setImmediate();
  }
}

describe('WatchedFiles', () => {
  it('has the value at once', () => {
    write('a', '1');
    expect(watch('a').files.value).toBe(1);
  });

  it('does not start without the file, and names the setting and the path', () => {
    expect(() => watch('a')).toThrow(new StartError(`NUMBER_FILE: ${path('a')} cannot be read (ENOENT)`));
  });

  it('does not start with a wrong file, and names the setting and the paths', () => {
    write('a', '1');
    write('b', '2');
    const message = `NUMBER_FILE: ${path('a')} and ${path('b')}: expected the same number`;
    expect(() => watch('a', 'b')).toThrow(new StartError(message));
  });

  it('takes what has changed, and says so once', async () => {
    write('a', '1');
    const { files, changes, lines } = watch('a');
    await look();
    expect(lines).toEqual([]);
    write('a', '2');
    await look(3);
    expect(files.value).toBe(2);
    expect(changes).toEqual([2]);
    expect(lines).toEqual([expect.objectContaining({ msg: 'changed files are in force', files: [path('a')] })]);
  });

  it('follows a link that is swapped, as Kubernetes does', async () => {
    for (const version of ['1', '2']) {
      mkdirSync(path(`..${version}`));
      write(`..${version}/a`, version);
    }
    symlinkSync('..1', path('..data'));
    symlinkSync('..data/a', path('a'));
    const { files } = watch('a');
    symlinkSync('..2', path('..new'));
    renameSync(path('..new'), path('..data'));
    rmSync(path('..1'), { recursive: true });
    await look();
    expect(files.value).toBe(2);
  });

  it('keeps what was right while the file is wrong or away, says each failure once, and takes the next right one', async () => {
    write('a', '1');
    const { files, changes, reasons } = watch('a');
    write('a', 'one');
    await look(3);
    rmSync(path('a'));
    await look(3);
    expect(files.value).toBe(1);
    expect(reasons()).toEqual([`${path('a')}: expected a number`, `${path('a')} cannot be read (ENOENT)`]);
    expect(changes).toEqual([]);
    write('a', '2');
    await look();
    expect(files.value).toBe(2);
    expect(changes).toEqual([2]);
  });

  it('says a failure again that comes back', async () => {
    write('a', '1');
    const { reasons } = watch('a');
    for (let time = 0; time < 2; time += 1) {
      rmSync(path('a'));
      await look();
      write('a', '1');
      await look();
    }
    expect(reasons()).toHaveLength(2);
  });

  it('says again that a file is wrong that was away meanwhile', async () => {
    write('a', '1');
    const { reasons } = watch('a');
    write('a', 'one');
    await look();
    rmSync(path('a'));
    await look();
    write('a', 'one');
    await look();
    expect(reasons().at(-1)).toBe(`${path('a')}: expected a number`);
  });

  it('does not look again while a look is under way', async () => {
    write('a', '1');
    const { changes } = watch('a');
    const slow = Promise.withResolvers<string>();
    vi.mocked(readFile).mockReturnValueOnce(slow.promise);
    vi.advanceTimersByTime(3 * LOOK_MS);
    expect(readFile).toHaveBeenCalledOnce();
    slow.resolve('2');
    await setImmediate();
    expect(changes).toEqual([2]);
    vi.advanceTimersByTime(LOOK_MS);
    expect(readFile).toHaveBeenCalledTimes(2);
  });

  it('takes a change of any one of several files', async () => {
    write('a', '1');
    write('b', '1');
    const { changes } = watch('a', 'b');
    for (const [name, content] of [
      ['a', '1.0'],
      ['b', '1.00'],
    ] as const) {
      write(name, content);
      await look(2);
    }
    expect(changes).toEqual([1, 1]);
  });

  it('waits for the second of two files that belong together', async () => {
    write('a', '1');
    write('b', '1');
    const { files, changes } = watch('a', 'b');
    write('a', '2');
    await look();
    expect(files.value).toBe(1);
    write('b', '2');
    await look();
    expect(files.value).toBe(2);
    expect(changes).toEqual([2]);
  });

  it('writes nothing of what is in the files to the log', async () => {
    write('a', '1');
    const { lines } = watch('a');
    for (const content of ['12345678', 'hunter2']) {
      write('a', content);
      await look();
    }
    expect(lines).toHaveLength(2);
    expect(JSON.stringify(lines)).not.toMatch(/"12345678"|hunter2/);
  });

  it('looks no more once it is closed', async () => {
    write('a', '1');
    const { files } = watch('a');
    files.close();
    await look(2);
    expect(readFile).not.toHaveBeenCalled();
  });

  it.each([
    ['good', () => write('a', '2')],
    ['wrong', () => write('a', 'one')],
    ['gone', () => rmSync(path('a'))],
  ])('tells nothing of a look that was under way when it was closed, be the file %s', async (_, change) => {
    write('a', '1');
    const { files, changes, lines } = watch('a');
    change();
    const looking = look();
    files.close();
    await looking;
    expect(readFile).toHaveBeenCalledOnce();
    expect(changes).toEqual([]);
    expect(lines).toEqual([]);
  });
});
