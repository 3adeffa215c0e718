import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { FakeCluster } from './testing/fake-cluster.ts';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
let cluster: FakeCluster;
beforeEach(async () => {
  sandbox = await Sandbox.create();
  cluster = await FakeCluster.in(sandbox);
});
afterEach(() => sandbox.remove());

const shell = async (line: string) => (await sandbox.shell(line)).output;
const run = (...args: string[]) => sandbox.run('clusters/minikube/scripts/commands/try', ...args);

describe('npm run try', () => {
  it('runs what is in the folder, and leaves the folder, its index and main as they are', async () => {
    await writeFile(join(sandbox.folder, 'apps/consumer/main.ts'), 'console.log("Not committed");\n');
    await writeFile(join(sandbox.folder, 'apps/consumer/new.ts'), 'console.log("New");\n');
    await shell('git add apps/consumer/main.ts');
    const before = await shell('git status --short; git rev-parse HEAD; git branch');
    const main = await cluster.git('rev-parse main');
    const page = createServer((_, response) => void response.end('{}')).listen(0, '127.0.0.1');
    await once(page, 'listening');
    onTestFinished(() => void page.close());
    const { port } = page.address() as AddressInfo;
    await cluster.set('ports', `30081/tcp ${port}\n30082/tcp 8443\n`);
    const { status, output } = await run();
    expect(output).toMatch(new RegExp(`✓ \\d+ s: http://try\\.localhost:${port} runs what is in this folder\n`));
    expect(status).toBe(0);
    expect(await shell('git status --short; git rev-parse HEAD; git branch')).toBe(before);
    expect(await cluster.git('rev-parse main')).toBe(main);
    expect(await cluster.git('show try:apps/consumer/main.ts')).toContain('Not committed');
    expect(await cluster.git('show try:apps/consumer/new.ts')).toContain('New');
    const overlay = await cluster.git('show try:overlays/try/kustomization.yaml');
    expect(overlay).toContain('namespace: hello-try');
    expect(overlay).not.toContain('hello-dev');
    expect(overlay).not.toContain('node-port');
    const tag = /newTag: '(.*)'/.exec(overlay)![1]!;
    expect(await shell('cat ~/cluster/built ~/cluster/images')).toMatch(
      new RegExp(`hello-world:${tag}\n(.*\n)*hello-world:${tag}\n`),
    );
    expect(await cluster.git('log -1 --format=%H try')).toBe(
      (await shell('sed -n "s/ *targetRevision: //p" ~/cluster/applied')).trim(),
    );
  });

  it('says that its name leads nowhere in a cluster without the door', async () => {
    await cluster.set('ports', '30001/tcp 8001\n');
    const { status, output } = await run();
    expect(output).toContain('names such as http://dev.localhost:8000 do not lead to the cluster hello');
    expect(output).toContain('port-forward service/door 8000:80 8443:443');
    expect(status).toBe(0);
  });

  it('refuses where a folder has that name', async () => {
    await mkdir(join(sandbox.folder, 'overlays/try'));
    await writeFile(join(sandbox.folder, 'overlays/try/kustomization.yaml'), 'namespace: hello-try\n');
    const { status, output } = await run();
    expect(output).toContain('try is an environment like others');
    expect(status).toBe(1);
  });

  it('says that there is nothing to throw away', async () => {
    const { status, output } = await run('--end');
    expect(output).toContain('There is nothing to throw away.');
    expect(status).toBe(1);
  });

  it('is thrown away with its namespace and its branch', async () => {
    await cluster.run('try', 'http:30004', 3);
    await shell('git push --quiet minikube HEAD:refs/heads/try');
    const { status } = await run('--end');
    expect(status).toBe(0);
    expect(await shell('ls ~/cluster/namespaces')).not.toContain('hello-try');
    expect(await cluster.git('branch --list')).not.toContain('try');
    expect(await cluster.git('branch --list')).toContain('main');
  });

  it.each([[['now']], [['--end', 'now']]])('refuses %j', async (args) => {
    const { status, output } = await run(...args);
    expect(output).toContain('npm run try');
    expect(status).toBe(2);
  });
});
