import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
const change = async () => {
  await writeFile(join(sandbox.folder, 'apps/consumer/main.ts'), 'console.log("Hello again");\n');
};
const promote = (...args: string[]) =>
  sandbox.run('clusters/minikube/scripts/commands/promote', 'dev', 'prod', ...args);

describe('npm run ship', () => {
  const ship = () => sandbox.run('clusters/minikube/scripts/commands/ship');

  it('brings what is committed to dev, and to dev alone', async () => {
    await change();
    await shell('commit -am Change');
    const { status, output } = await ship();
    const [tag, dev, prod] = (await shell('content_tag HEAD; overlay_tag dev; overlay_tag prod')).trim().split('\n');
    expect(output).toContain(`✓ committed: Release ${tag} to dev\n`);
    expect(output).toMatch(new RegExp(`✓ \\d+ s: dev runs ${tag}, http://localhost:8002\\n`));
    expect(output).toMatch(/✓ every environment at /);
    expect(status).toBe(0);
    expect(dev).toBe(tag);
    expect(prod).not.toBe(tag);
    expect(await cluster.git('show main:overlays/dev/kustomization.yaml')).toContain(`'${tag}'`);
    expect(await shell('grep -c . ~/cluster/built; cat ~/cluster/images')).toMatch(
      new RegExp(`^2\\n.*\\nhello-world:${tag}\\n$`),
    );
  });

  it('pushes what there is where dev has the image already', async () => {
    await shell('echo BANNER=Other >>overlays/dev/consumer.env; commit -am Banner');
    const { status, output } = await ship();
    expect(output).toContain('nothing to commit');
    expect(output).toMatch(/✓ \d+ s: dev runs [0-9a-f]{12}/);
    expect(status).toBe(0);
    expect(await cluster.git('log -1 --format=%s main')).toBe('Banner');
  });

  it.each([
    ['what is not committed', '', 'What the image is made of has uncommitted changes:\n   M apps/consumer/main.ts'],
    ['another branch', 'git checkout --quiet -b x; commit -am x', 'x is not what is deployed: that is main.'],
  ])('refuses %s, and commits nothing', async (_, line, message) => {
    await change();
    await shell(line);
    const before = await shell('git rev-parse HEAD');
    const { status, output } = await ship();
    expect(output).toContain(message);
    expect(status).toBe(1);
    expect(await shell('git rev-parse HEAD')).toBe(before);
  });

  it('pushes nothing when the image cannot be built', async () => {
    await change();
    await shell('commit -am Change');
    await sandbox.give(
      'docker',
      `case "$*" in build*) cat >/dev/null; echo 'no space left'; exit 1 ;; image*) exit 1 ;; esac`,
    );
    const { status, output } = await ship();
    expect(output).toContain('no space left');
    expect(output).toContain('Nothing was released.');
    expect(output).not.toContain('stopped where it should not');
    expect(status).toBe(1);
    expect(await shell('git log -1 --format=%s')).toBe('Change\n');
  });
});

describe('npm run promote', () => {
  const tag = '0123456789ab';
  /** What dev's overlay says, and runs. */
  beforeEach(() => shell(`set_overlay_tag dev ${tag}; commit -am Release; git push --quiet minikube`));
  const committed = () => shell('overlay_tag prod; git log -1 --format=%s');
  const done = `${tag}\nPromote ${tag} from dev to prod\n`;

  it('commits what runs well', async () => {
    const { status, output } = await promote();
    expect(output).toBe(`✓ committed: Promote ${tag} from dev to prod\nNext: npm run sync\n`);
    expect(status).toBe(0);
    expect(await committed()).toBe(done);
    expect((await promote()).output).toContain('nothing to commit');
  });

  it.each([
    [
      'is not well',
      () => cluster.set('applications/hello-dev', 'abc Synced Degraded abc'),
      'dev is Synced and Degraded',
    ],
    [
      'is not in sync',
      () => cluster.set('applications/hello-dev', 'abc Failed Healthy abc'),
      'dev is Failed and Healthy',
    ],
    [
      'runs another',
      () => shell('set_overlay_tag dev 222222222222; commit -am Release'),
      `dev runs ${tag}, and its overlay says 222222222222`,
    ],
    ['does not run', () => shell('git --git-dir ~/cluster/hello.git branch -m main other'), 'dev does not run'],
    ['cannot be asked', () => cluster.set('stopped', ''), 'no cluster hello answers, so nobody knows how dev runs'],
  ])('refuses what %s, but on purpose', async (_, spoil, why) => {
    await spoil();
    const before = await committed();
    const { status, output } = await promote();
    expect(output).toContain(`prod stays as it is: ${why}.`);
    expect(output).toContain('npm run promote -- dev prod --force');
    expect(status).toBe(1);
    expect(await committed()).toBe(before);
    expect((await promote('--force')).output).toContain(`from dev to prod, though ${why}`);
    expect(await committed()).not.toBe(before);
  });

  it.each(['ON_PURPOSE=yes', 'npm_config_force=true'])('takes %s for --force', async (setting) => {
    await cluster.set('stopped', '');
    await shell(`${setting} clusters/minikube/scripts/commands/promote dev prod`);
    expect(await committed()).toBe(done);
  });

  it('knows no other option', async () => {
    const { status, output } = await promote('--farce');
    expect(output).toContain('There is no option --farce.');
    expect(status).toBe(2);
  });
});
