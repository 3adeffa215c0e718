import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await Sandbox.create();
});
afterAll(() => sandbox.remove());

const STOPPED = '✗ It stopped where it should not. The whole story: ';

/** Runs it with a folder of its own for temporary files. @returns what is left there too. */
const traced = async (line: string) => {
  const folder = await mkdtemp(join(tmpdir(), 'hello logs '));
  onTestFinished(() => rm(folder, { recursive: true }));
  const result = await sandbox.shell(line, { TMPDIR: folder });
  const left = await readdir(folder);
  return { ...result, left, log: left.length > 0 ? await readFile(join(folder, left[0]!, 'log'), 'utf8') : '' };
};

/**
 * Waits until the process whose number stands in the file child has ended, though nobody may have asked for its status
 * yet.
 */
const childEnded = async () => {
  const file = join(sandbox.folder, '../child');
  const child = (await readFile(file, 'utf8')).trim();
  await rm(file);
  const state = () => spawnSync('ps', ['-o', 'stat=', '-p', child]).stdout.toString().trim();
  await expect.poll(state).toMatch(/^(Z.*)?$/);
};

describe('a program', () => {
  it('ends well by finish alone, and leaves no log', async () => {
    expect(await traced('say done; finish; say more')).toEqual({ status: 0, output: 'done\n', left: [], log: '' });
  });

  it('ends by finish with a status that is no accident', async () => {
    expect(await traced('finish 1')).toEqual({ status: 1, output: '', left: [], log: '' });
  });

  it.each(['exit 0', 'exit', 'echo "$is_not_set"', 'ends() { exit 0; }; ends', ': "${is_not_set?}"'])(
    'that ends by %j has failed, and its log stays',
    async (line) => {
      const { status, output, log } = await traced(`step Something 5 echo its story; ${line}`);
      expect(output).toContain(STOPPED);
      expect(log).toContain('its story');
      expect(status).not.toBe(0);
    },
  );

  it.each([
    ['itself', 'while true; do say more; done'],
    ['a part of it', 'while true; do echo more; done | while read -r line; do say "$line"; done; finish'],
    ['a program of it', 'yes; finish'],
  ])('ends quietly where nobody reads on what is written by %s', async (_, line) => {
    await sandbox.give('yes');
    const begin = `set -euo pipefail; ROOT='${sandbox.folder}'; . clusters/minikube/scripts/lib/all.sh`;
    await writeFile(join(sandbox.folder, '../endless.sh'), `${begin}\n${line}\n`);
    const { status, output, left } = await traced(
      'bash ../endless.sh 2>../said | head -n 2 || true; cat ../said; finish',
    );
    expect(output).toMatch(/^(more|y)\n\1\n$/);
    expect(status).toBe(0);
    expect(left).toEqual([]);
  });

  it('says that it stopped where a part of it alone had enough', async () => {
    const { output } = await traced('yes | head -n 1; finish');
    expect(output).toContain(STOPPED);
  });

  it.each(['(finish)', 'x=$(finish)', 'finish | cat'])('is not finished by %j', async (line) => {
    const { status, output } = await traced(`${line}; exit 0`);
    expect(output).toContain(STOPPED);
    expect(status).toBe(1);
  });

  it('keeps the status of what failed', async () => {
    const { status, output, left } = await traced('sh -c "exit 7"');
    expect(output).toContain(STOPPED);
    expect(left).toHaveLength(1);
    expect(status).toBe(7);
  });

  it('says what is wrong and what to do, once', async () => {
    const { status, output, left } = await traced('fail "This is wrong." "Do this." "Or that."');
    expect(output).toBe('✗ This is wrong.\n  Do this.\n  Or that.\n');
    expect(left).toHaveLength(1);
    expect(status).toBe(1);
  });

  it('leaves nothing behind a wrong use', async () => {
    const { status, output, left } = await traced('PROGRAM="./program"; wrong_use "There is no such thing."');
    expect(output).toBe('✗ There is no such thing.\n  See: ./program --help\n');
    expect(left).toEqual([]);
    expect(status).toBe(2);
  });

  it('that npm runs says where options come', async () => {
    const { output } = await sandbox.shell("PROGRAM='npm run program --'; wrong_use 'It takes one name.'");
    expect(output).toContain('See: npm run program -- --help\n  Options come after --: npm keeps those before it');
  });

  it('stops after a step that has said why, with the place of the whole story', async () => {
    const { status, output } = await traced('step Something 5 false || stop');
    expect(output).toMatch(/^✗ Something {2}\d s\n {2}The whole story: .*\n$/);
    expect(status).toBe(1);
  });

  it('names no story where there is none', async () => {
    expect(await traced('stop')).toMatchObject({ status: 1, output: '' });
  });

  it.each(['finish', 'fail Enough.', 'echo "$is_not_set"'])('ends what runs in the background, by %j', async (line) => {
    await sandbox.shell(`sh -c 'sleep 33 & echo $! >../child; wait' &
      until [ -s ../child ]; do sleep 0.02; done
      ${line}`);
    await childEnded();
  });
});

describe('what runs beside the rest', () => {
  it.each([
    ['true', 0],
    ['false', 1],
    ['fail Enough.', 1],
  ] as const)('ends as it would have ended here: %s', async (line, status) => {
    const { output } = await traced(`act() { echo its words; ${line}; }; begin it act; ended it || echo "status $?"`);
    expect(output).toContain('its words');
    expect(output.includes(`status ${status}`)).toBe(status !== 0);
  });

  it('is ended only when it has ended, by whoever asks', async () => {
    const { output } = await traced(`act() { until [ -e ../go ]; do sleep 0.02; done; echo done; }
      after() { ended it >/dev/null && echo and more; }
      begin it act; begin more after; touch ../go; ended more`);
    expect(output).toContain('and more');
  });
});

describe('a step', () => {
  it('is a line with its seconds', async () => {
    expect((await traced('step Something 5 echo hidden')).output).toMatch(/^✓ Something +\d s\n$/);
  });

  it('that fails shows the end of what it printed, and gives its status', async () => {
    const { output } = await traced(
      'talk() { for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do echo "line $n."; done; return 3; }; step Something 5 talk || echo "status $?"',
    );
    expect(output).toContain('status 3');
    expect(output).toContain('  │ line 16.\n');
    expect(output).toContain('  │ line 2.\n');
    expect(output).not.toContain('line 1.');
  });

  it.each(['echo "$is_not_set"', 'private echo "$is_not_set"', 'false', 'exit 4', 'echo | grep x'])(
    'whose command ends by %j fails',
    async (line) => {
      const { output } = await traced(`act() { ${line}; }; step Something 5 act || echo noticed`);
      expect(output).toContain('✗ Something');
      expect(output).toContain('noticed');
    },
  );

  it('that takes too long is given up, with all its processes', async () => {
    const { output } = await traced(
      'slow() { sleep 31 & echo $! >../child; wait; }; step Something 1 slow || echo noticed',
    );
    expect(output).toContain('  │ it was given up after 1 seconds\n');
    expect(output).toContain('noticed\n');
    await childEnded();
  });

  it('has no input, and changes nothing of the program', async () => {
    await writeFile(join(sandbox.folder, '../line'), 'a line');
    const { output } = await traced(
      'act() { read -r word || echo none; changed=yes; }; changed=no; exec <../line; step Something 5 act; echo "$changed"',
    );
    expect(output).toMatch(/\nno\n$/);
  });

  it('stands in the log with its name, also when it went well', async () => {
    const { log } = await traced('step First 5 echo one; step Second 5 echo two; fail Enough.');
    expect(log).toBe('== First\none\n== Second\ntwo\n');
  });
});

describe('a private folder', () => {
  it('is no way to pass for done', async () => {
    const { output } = await sandbox.shell(
      'look() { echo "$PRIVATE" >../private; echo "$is_not_set"; }; private look || echo "noticed"; x=$(private look) || echo noticed too',
    );
    expect(output).toMatch(/noticed\n[^]*noticed too\n/);
    expect(existsSync((await readFile(join(sandbox.folder, '../private'), 'utf8')).trim())).toBe(false);
  });

  it('hands on the status', async () => {
    const { output } = await sandbox.shell(
      'nine() { return 9; }; private nine || echo "$?"; ends() { exit 0; }; private ends || echo "$?"; private true && echo well',
    );
    expect(output).toBe('9\n1\nwell\n');
  });
});

describe('the help', () => {
  it('is the comment at the top, and nothing below it', async () => {
    await writeFile(
      join(sandbox.folder, '../program'),
      '#!/usr/bin/env bash\n# First.\n#\n# Last.\n\nset -e\n# Not this.\n',
    );
    expect((await sandbox.shell('help_of ../program')).output).toBe('First.\n\nLast.\n');
  });
});

describe('colours', () => {
  it('are for terminals', async () => {
    expect((await sandbox.shell('warn careful; done_line done')).output).not.toContain('\u001b');
  });
});
